import java.io.IOException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

// Spring Boot's side of the bargain: Tomcat, with the filter in front of all there is.
class Spring {
    static class Api extends HttpServlet {
        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            switch (request.getRequestURI()) {
                case "/v1/secret" -> response.sendError(401);
                case "/v1/broken" -> throw new IllegalStateException("broken");
                case "/v1/items" -> {
                    response.setHeader("X-Total", "3");
                    // By hand, and half right.
                    response.setHeader("Access-Control-Allow-Origin", "*");
                    response.addHeader("Access-Control-Allow-Origin", request.getHeader("Origin"));
                    response.setHeader("Access-Control-Allow-Credentials", "true");
                    response.setHeader("Access-Control-Expose-Headers", "X-Other");
                    response.setHeader("Access-Control-Max-Age", "9");
                    response.addHeader("Vary", "Accept-Encoding");
                    response.getWriter().print("[]");
                }
                default -> response.sendError(404);
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir("@FOLDER@");
        Connector connector = new Connector();
        connector.setProperty("address", "127.0.0.1");
        connector.setPort(@PORT@);
        tomcat.setConnector(connector);
        Context site = tomcat.addContext("", "@FOLDER@");
        FilterDef filter = new FilterDef();
        filter.setFilterName("cors");
        filter.setFilter(new CorsConfig().corsFilter().filter);
        site.addFilterDef(filter);
        FilterMap all = new FilterMap();
        all.setFilterName("cors");
        all.addURLPattern("/*");
        site.addFilterMap(all);
        Tomcat.addServlet(site, "api", new Api());
        site.addServletMappingDecoded("/*", "api");
        tomcat.start();
        tomcat.getServer().await();
    }
}
