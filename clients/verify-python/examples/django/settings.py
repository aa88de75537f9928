"""A backend with orders for signed-in users of the shop, with no more settings than that takes."""

import os
import secrets

SECRET_KEY = secrets.token_urlsafe(50)
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "urls"
MIDDLEWARE = [
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "marbelle_verify.django.access_token_middleware",
]
MARBELLE_VERIFY = {
    "url": os.environ["ACCOUNTS_URL"],
    "service_url": os.environ.get("ACCOUNTS_SERVICE_URL"),
    "service_key": os.environ["ACCOUNTS_SERVICE_KEY"],
    "issuer": os.environ["ACCOUNTS_ISSUER"],
    "audience": "orders",
    "max_feed_age": float(os.environ.get("ACCOUNTS_MAX_FEED_AGE", "15")),
}
