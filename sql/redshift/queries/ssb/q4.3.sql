-- Star Schema Benchmark, Q4.3: the same by city and brand, one nation and category.
SELECT
    d.d_year,
    s.s_city,
    p.p_brand1,
    SUM(lo.lo_revenue - lo.lo_supplycost) AS profit
FROM ssb.lineorder AS lo
INNER JOIN ssb.dates AS d ON lo.lo_orderdate = d.d_datekey
INNER JOIN ssb.customer AS c ON lo.lo_custkey = c.c_custkey
INNER JOIN ssb.supplier AS s ON lo.lo_suppkey = s.s_suppkey
INNER JOIN ssb.part AS p ON lo.lo_partkey = p.p_partkey
WHERE
    c.c_region = 'AMERICA'
    AND s.s_nation = 'UNITED STATES'
    AND d.d_year IN (1997, 1998)
    AND p.p_category = 'MFGR#14'
GROUP BY d.d_year, s.s_city, p.p_brand1
ORDER BY d.d_year, s.s_city, p.p_brand1;
