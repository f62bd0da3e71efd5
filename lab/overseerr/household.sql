-- A household's Overseerr: parameter 1 tells how many requests it has made. An owner and seven others; every third film
-- was asked for in 4K; a note per request, as a plugin would keep it, gives rows their usual size.
BEGIN;
INSERT INTO user (id, email, username, plexId, plexToken, permissions, avatar, createdAt)
  VALUES (1, 'owner@home.arpa', 'owner', 4711, 'canary-overseerr-plex-token-61d9', 2, '/avatar/1', '2021-06-01 12:00:00');
WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 8)
  INSERT INTO user (id, email, username, permissions, avatar, createdAt, password, userType)
  SELECT i, 'user' || i || '@home.arpa', 'Üser ' || i, 32, '/avatar/' || i, '2021-07-0' || i || ' 12:00:00', '$2b$10$canary-overseerr-password-' || i, 2 FROM n;
INSERT INTO user_settings (userId, locale) SELECT id, 'en' FROM user;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
  INSERT INTO media (id, mediaType, tmdbId, tvdbId, status, createdAt, updatedAt, ratingKey)
  SELECT i, iif(i % 2, 'movie', 'tv'), 100000 + i, iif(i % 2, NULL, 200000 + i), 2 + i % 4,
    datetime(1622548800 + i * 600, 'unixepoch'), datetime(1622548800 + i * 900, 'unixepoch'), 300000 + i FROM n;
INSERT INTO media_request (id, status, createdAt, type, mediaId, requestedById, is4k, rootFolder)
  SELECT id, 1 + id % 3, createdAt, mediaType, id, 1 + id % 8, id % 3 = 0, '/media/library/' || mediaType FROM media;
INSERT INTO season_request (seasonNumber, status, requestId) SELECT 1, 2, id FROM media_request WHERE type = 'tv';
INSERT INTO issue (issueType, status, mediaId, createdById) SELECT 1, 1, id, 1 FROM media WHERE id % 500 = 0;
INSERT INTO issue_comment (message, userId, issueId) SELECT 'No sound: "what''s up?" 🎬', 1, id FROM issue;
INSERT INTO session (id, expiredAt, json) VALUES ('canary-overseerr-session', 4102444800000, '{"cookie":{}}');
COMMIT;
