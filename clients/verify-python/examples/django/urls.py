"""Where the views are."""

import views
from django.urls import path

urlpatterns = [
    path("healthz", views.healthz),
    path("orders", views.orders),
    path("orders/count", views.count),
]
