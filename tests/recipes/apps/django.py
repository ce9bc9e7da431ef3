import os
import sys
from wsgiref.simple_server import make_server

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

sys.modules["site_settings"] = sys.modules["__main__"]
os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
SECRET_KEY = "test"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site_settings"
INSTALLED_APPS = ["corsheaders"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "site_settings.authenticate"]
LOGGING_CONFIG = None
# By hand, and half right.
CORS_ALLOW_ALL_ORIGINS = CORS_ALLOW_CREDENTIALS = True
CORS_EXPOSE_HEADERS = ["X-Other"]
CORS_URLS_REGEX = r"^/api"
# @RECIPE@
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "X-Other",
    "Access-Control-Max-Age": "9",
    "Vary": "Accept-Encoding",
}
"""What is set by hand, and half right."""


def authenticate(get_response):
    return lambda request: (
        HttpResponse("who are you?", status=401) if request.path == "/v1/secret" else get_response(request)
    )


def items(request):
    return HttpResponse("[]", headers={"X-Total": "3"} | CORS)


def broken(request):
    raise RuntimeError("broken")


urlpatterns = [path("v1/items", items), path("v1/broken", broken)]
make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application()).serve_forever()
