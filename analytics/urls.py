from django.contrib import admin
from django.urls import path

from analytics.business.views import business_page
from analytics.costs.views import costs_page
from analytics.costs.what_if_views import what_if_page
from analytics.exports.views import download, exports_page
from analytics.gaps.views import gap_page, gaps_page
from analytics.health.views import readyz, status_page
from analytics.reports.views import monthly_report
from analytics.scoring.views import score_page
from analytics.technical.views import technical_page
from analytics.topics.views import alone_page, group_now, topic_page, topics_page
from analytics.views import metrics

urlpatterns = [
    path("metrics", metrics, name="metrics"),
    path("readyz", readyz, name="readyz"),
    path("analytics/business/", admin.site.admin_view(business_page), name="business"),
    path("analytics/technical/", admin.site.admin_view(technical_page), name="technical"),
    path("analytics/costs/", admin.site.admin_view(costs_page), name="costs"),
    path("analytics/topics/", admin.site.admin_view(topics_page), name="topics"),
    path("analytics/topics/group/", admin.site.admin_view(group_now), name="topics_group"),
    path("analytics/topics/alone/", admin.site.admin_view(alone_page), name="topics_alone"),
    path("analytics/topics/<int:topic_id>/", admin.site.admin_view(topic_page), name="topic"),
    path("analytics/gaps/", admin.site.admin_view(gaps_page), name="gaps"),
    path("analytics/gaps/<int:gap_id>/", admin.site.admin_view(gap_page), name="gap"),
    path("analytics/costs/what-if/", admin.site.admin_view(what_if_page), name="what_if"),
    path("analytics/exports/", admin.site.admin_view(exports_page), name="exports"),
    path("analytics/exports/<int:export_id>/download", admin.site.admin_view(download), name="export_download"),
    path("analytics/score/", admin.site.admin_view(score_page), name="score"),
    path("analytics/report/", admin.site.admin_view(monthly_report), name="monthly_report"),
    path("status/", admin.site.admin_view(status_page), name="system_status"),
]
