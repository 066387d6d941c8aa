from django.urls import path

from analytics.views import metrics

urlpatterns = [path("metrics", metrics, name="metrics")]
