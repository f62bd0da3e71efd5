# shellcheck shell=bash
# What of Overseerr's settings both sides compare.
#
# The caller defines: sqlite_json FILE STATEMENT, which runs it on the file's text, as settings(j).

# integrations_of FILE: the addresses that it speaks to, by app, as JSON; no keys.
integrations_of() {
  sqlite_json "$1" "
    WITH entry(app, e) AS (
      SELECT 'plex', j -> '\$.plex' FROM settings WHERE coalesce(j ->> '\$.plex.ip', '') <> ''
      UNION ALL SELECT 'radarr', value FROM settings, json_each(j, '\$.radarr')
      UNION ALL SELECT 'sonarr', value FROM settings, json_each(j, '\$.sonarr')),
    url(app, u) AS (
      SELECT app, iif(e ->> '\$.useSsl', 'https', 'http') || '://' || coalesce(e ->> '\$.hostname', e ->> '\$.ip') || ':' || (e ->> '\$.port') ||
        coalesce(e ->> '\$.baseUrl', '') FROM entry ORDER BY 1, 2)
    SELECT json_group_object(app, json(urls)) FROM (SELECT app, json_group_array(u) AS urls FROM url GROUP BY app)"
}
