"""Pages of API lists."""

from rest_framework.pagination import LimitOffsetPagination


class Page(LimitOffsetPagination):
    """`?limit=` (at most 200) and `?offset=`."""

    default_limit = 50
    max_limit = 200
