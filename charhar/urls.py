"""Every address of the site, on one screen. English has no prefix, Chinese lives under /zh/."""

from django.contrib import admin
from django.contrib.sitemaps import views as sitemap_views
from django.urls import include, path

from charhar import style_page, views
from charhar.desk.views_feed import feed as calendar_feed
from charhar.publishing.cards import card
from charhar.publishing.languages import in_both_languages
from charhar.sitemaps import NEWS_SITEMAP, SITEMAPS
from charhar.sitemaps import index as sitemap_index

urlpatterns = [
    path("admin/publishing/", include("charhar.publishing.urls_admin")),
    path("admin/desk/", include("charhar.desk.urls_planning")),
    path("admin/desk/", include("charhar.desk.urls_translations")),
    path("admin/style/", admin.site.admin_view(style_page.page), name="style"),
    path("admin/style/tokens.css", admin.site.admin_view(style_page.sheet), name="style-sheet"),
    path("admin/", admin.site.urls),
    path("calendar/<str:token>.ics", calendar_feed, name="desk-feed"),
    path("healthz", views.healthz, name="healthz"),
    path("robots.txt", views.robots, name="robots"),
    path("sitemap.xml", sitemap_index, name="sitemap-index"),
    path(
        "sitemap-news.xml",
        sitemap_views.sitemap,
        {"sitemaps": NEWS_SITEMAP, "section": "news", "template_name": "sitemap_news.xml"},
        name="sitemap-news",
    ),
    path("sitemap-<section>.xml", sitemap_views.sitemap, {"sitemaps": SITEMAPS}, name="sitemap"),
    path("media/", include("charhar.library.urls")),
    *in_both_languages(
        path("", views.home, name="home"),
        path("articles/", include("articles.urls")),
        path("research/", views.research, name="research"),
        path("news/", views.news, name="news"),
        path("news/", include("articles.urls_news")),
        path("tags/", include("articles.urls_tags")),
        path("feeds/", include("articles.urls_feeds")),
        path("", include("charhar.taxonomy.urls")),
        path("experts/", include("charhar.outreach.urls_press")),
        path("", include("experts.urls")),
        path("publications/", include("publications.urls")),
        path("", include("charhar.outreach.urls")),
        path("", include("charhar.members.urls")),
        path("", include("charhar.pages.urls")),
        path("search/", include("charhar.search.urls")),
        path("cards/<str:kind>/<int:pk>/<str:digest>.png", card, name="card"),
        path("", include("charhar.desk.urls")),
        path("preview/", include("charhar.desk.urls_preview")),
    ),
]

handler403 = "charhar.views.permission_denied"
handler404 = "charhar.views.page_not_found"
handler500 = "charhar.views.server_error"
