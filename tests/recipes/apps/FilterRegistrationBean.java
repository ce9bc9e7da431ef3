package org.springframework.boot.web.servlet;

// What the recipe uses of Spring Boot, which Debian does not have.
public class FilterRegistrationBean<T extends javax.servlet.Filter> {
    public final T filter;

    public FilterRegistrationBean(T filter) {
        this.filter = filter;
    }

    public void setOrder(int order) {
        if (order != Integer.MIN_VALUE) throw new IllegalArgumentException("not in front of everything");
    }
}
