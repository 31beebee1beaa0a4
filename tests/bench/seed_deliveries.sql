-- :number deliveries that wait for good reasons - of a parked endpoint, of one that has as many under way as it takes, of one with a
-- rate, behind others of their key, due later - and as many that are finished. Nothing of it must cost whoever looks for the next.
SET search_path = gatehouse;
INSERT INTO webhook_endpoints (id, tenant_id, url, description, event_types, ordered, max_concurrency, status, secret_sealed, failing_since,
                               probe_at, paced_until, created_at, updated_at)
  SELECT 'whk_crowd_' || kind, :'tenant', 'https://example.com/', '', '{none.such}', kind = 'held', 8, 'enabled', '', now(),
         CASE kind WHEN 'parked' THEN now() + interval '1 day' END, CASE kind WHEN 'paced' THEN now() + interval '1 day' END, now(), now()
    FROM unnest(ARRAY['parked', 'full', 'paced', 'held', 'later']) AS kind;
INSERT INTO webhook_workers VALUES ('wrk_crowd', now() + interval '1 day');
INSERT INTO webhook_queue (delivery_id, delivery_created_at, endpoint_id, sequence, ordering_key, state, due_at, worker)
  SELECT 'dlv_crowd' || lpad(i::text, 12, '0'), now(), 'whk_crowd_' || (ARRAY['parked', 'full', 'paced', 'held', 'later'])[i % 5 + 1], i,
         CASE WHEN i % 5 = 3 THEN 'the key' END,
         CASE WHEN i % 5 = 4 OR i = 3 THEN 'later' WHEN i % 5 = 3 THEN 'held' WHEN i % 5 = 1 AND i < 40 THEN 'claimed' ELSE 'ready' END,
         CASE WHEN i % 5 = 4 OR i = 3 THEN now() + interval '1 day' END, CASE WHEN i % 5 = 1 AND i < 40 THEN 'wrk_crowd' END
    FROM generate_series(0, :number - 1) AS i;
INSERT INTO webhook_deliveries (id, created_at, tenant_id, endpoint_id, event_id, event_created_at, event_type, state, attempts, last_status, finished_at)
  SELECT 'dlv_done_' || lpad(i::text, 12, '0'), now(), :'tenant', 'whk_crowd_' || i % 50, 'evt_done_' || lpad(i::text, 12, '0'), now(), 'none.such',
         CASE WHEN i % 100 = 0 THEN 'dead_letter' ELSE 'delivered' END, 1, 200, now()
    FROM generate_series(0, :number - 1) AS i;
VACUUM ANALYZE webhook_queue, webhook_deliveries;
