-- Dimensions as docs/warehouse.md defines them. Type 2 members come from version_of_<member>, made in expected.py from one pattern.

CREATE TABLE dim_customer AS
SELECT hashed_key(encoded(CAST(customer_id AS VARCHAR)), effective_from) AS customer_key, v.customer_id, name, address, v.nation_id,
    city(n.nation, v.customer_id) AS city, phone, account_balance, market_segment, comment,
    effective_from, effective_to, is_current, is_inferred, is_deleted
FROM version_of_customer v LEFT JOIN nation n USING (nation_id)
UNION ALL BY NAME
SELECT -1 AS customer_key, b AS effective_from, e AS effective_to, TRUE AS is_current, FALSE AS is_inferred, FALSE AS is_deleted FROM beginning;

CREATE TABLE dim_part AS
SELECT hashed_key(encoded(CAST(part_id AS VARCHAR)), effective_from) AS part_key, part_id, name, manufacturer, category, brand, type, size,
    container, retail_price, comment, split_part(name, ' ', 1) AS color, effective_from, effective_to, is_current, is_inferred, is_deleted
FROM version_of_part
UNION ALL BY NAME
SELECT -1 AS part_key, b AS effective_from, e AS effective_to, TRUE AS is_current, FALSE AS is_inferred, FALSE AS is_deleted FROM beginning;

CREATE TABLE dim_supplier AS
SELECT hashed_key(encoded(CAST(supplier_id AS VARCHAR)), effective_from) AS supplier_key, v.supplier_id, name, address, v.nation_id,
    city(n.nation, v.supplier_id) AS city, phone, account_balance, comment,
    effective_from, effective_to, is_current, is_inferred, is_deleted
FROM version_of_supplier v LEFT JOIN nation n USING (nation_id)
UNION ALL BY NAME
SELECT -1 AS supplier_key, b AS effective_from, e AS effective_to, TRUE AS is_current, FALSE AS is_inferred, FALSE AS is_deleted FROM beginning;

CREATE TABLE dim_geography AS
SELECT hashed_key(encoded(CAST(nation_id AS VARCHAR)), b) AS geography_key, nation_id, nation, region, currency_code FROM nation, beginning
UNION ALL BY NAME SELECT -1 AS geography_key;

CREATE TABLE dim_currency AS
SELECT hashed_key(encoded(c.currency_code), b) AS currency_key, c.currency_code, n.name AS currency_name
FROM (SELECT DISTINCT currency_code FROM nation) c LEFT JOIN currency_name n ON n.code = c.currency_code, beginning
UNION ALL BY NAME SELECT -1 AS currency_key;

CREATE TABLE dim_order_profile AS
SELECT hashed_key(encoded(priority) || encoded(ship_mode) || encoded(ship_instructions), b) AS order_profile_key, priority, ship_mode, ship_instructions
FROM (SELECT DISTINCT priority, ship_mode, ship_instructions FROM line), beginning
UNION ALL BY NAME SELECT -1 AS order_profile_key;

CREATE TABLE dim_date AS
SELECT date_key(day) AS date_key, CAST(day AS DATE) AS date, CAST(isodow(day) AS INTEGER) AS day_of_week, strftime(day, '%A') AS day_name,
    CAST(day(day) AS INTEGER) AS day_of_month, CAST(dayofyear(day) AS INTEGER) AS day_of_year, CAST(weekofyear(day) AS INTEGER) AS iso_week,
    CAST(isoyear(day) AS INTEGER) AS iso_year, CAST(month(day) AS INTEGER) AS month, strftime(day, '%B') AS month_name,
    strftime(day, '%Y-%m') AS year_month, CAST(strftime(day, '%Y%m') AS INTEGER) AS year_month_number, CAST(quarter(day) AS INTEGER) AS quarter,
    CAST(year(day) AS INTEGER) AS year, CAST((dayofyear(day) - 1) // 7 + 1 AS INTEGER) AS week_of_year, isodow(day) >= 6 AS is_weekend,
    CAST(day AS DATE) = last_day(CAST(day AS DATE)) AS is_month_end
FROM (SELECT unnest(generate_series(DATE '1992-01-01', DATE '1999-12-31', INTERVAL 1 DAY)) AS day)
UNION ALL BY NAME SELECT -1 AS date_key, DATE '1900-01-01' AS date;
