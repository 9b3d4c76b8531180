-- How punctual the lines shipped in a month were, by ship mode. A line is late when it was received
-- after the promised day; shares are of the lines received so far, null while there are none.
CREATE OR REPLACE VIEW marts.fulfilment_by_month AS
SELECT
    shipped.year_month AS ship_month,
    profile.ship_mode,
    COUNT(*) AS lines_shipped,
    COUNT(line.days_past_commit) AS lines_received,
    SUM(CASE WHEN line.days_past_commit > 0 THEN 1 ELSE 0 END) AS lines_late,
    CAST(SUM(CASE WHEN line.days_past_commit > 0 THEN 1 ELSE 0 END) AS DECIMAL(18, 4))
    / NULLIF(COUNT(line.days_past_commit), 0) AS late_share,
    AVG(CAST(line.days_to_ship AS DECIMAL(18, 4))) AS average_days_to_ship,
    AVG(CAST(line.days_in_transit AS DECIMAL(18, 4))) AS average_days_in_transit,
    AVG(CAST(line.days_past_commit AS DECIMAL(18, 4))) AS average_days_past_commit,
    SUM(CASE WHEN line.status = 'returned' THEN 1 ELSE 0 END) AS lines_returned
FROM warehouse.fact_fulfilment AS line
INNER JOIN warehouse.dim_date AS shipped ON line.ship_date_key = shipped.date_key
INNER JOIN warehouse.dim_order_profile AS profile ON line.order_profile_key = profile.order_profile_key
WHERE NOT line.is_deleted AND line.ship_date_key <> -1
GROUP BY shipped.year_month, profile.ship_mode;
