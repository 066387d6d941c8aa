from django.contrib import admin
from django.urls import path

from analytics.business.views import business_page
from analytics.costs.views import costs_page
from analytics.health.views import readyz, status_page
from analytics.views import metrics

urlpatterns = [
    path("metrics", metrics, name="metrics"),
    path("readyz", readyz, name="readyz"),
    path("analytics/business/", admin.site.admin_view(business_page), name="business"),
    path("analytics/costs/", admin.site.admin_view(costs_page), name="costs"),
    path("status/", admin.site.admin_view(status_page), name="system_status"),
]
