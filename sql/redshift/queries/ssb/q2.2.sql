-- Star Schema Benchmark, Q2.2: the same for eight brands.
SELECT
    d.d_year,
    p.p_brand1,
    SUM(lo.lo_revenue) AS lo_revenue
FROM ssb.lineorder AS lo
INNER JOIN ssb.dates AS d ON lo.lo_orderdate = d.d_datekey
INNER JOIN ssb.part AS p ON lo.lo_partkey = p.p_partkey
INNER JOIN ssb.supplier AS s ON lo.lo_suppkey = s.s_suppkey
WHERE
    p.p_brand1 BETWEEN 'MFGR#2221' AND 'MFGR#2228'
    AND s.s_region = 'ASIA'
GROUP BY d.d_year, p.p_brand1
ORDER BY d.d_year, p.p_brand1;
