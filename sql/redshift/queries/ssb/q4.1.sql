-- Star Schema Benchmark, Q4.1: profit within a region by year and nation.
SELECT
    d.d_year,
    c.c_nation,
    SUM(lo.lo_revenue - lo.lo_supplycost) AS profit
FROM ssb.lineorder AS lo
INNER JOIN ssb.dates AS d ON lo.lo_orderdate = d.d_datekey
INNER JOIN ssb.customer AS c ON lo.lo_custkey = c.c_custkey
INNER JOIN ssb.supplier AS s ON lo.lo_suppkey = s.s_suppkey
INNER JOIN ssb.part AS p ON lo.lo_partkey = p.p_partkey
WHERE
    c.c_region = 'AMERICA'
    AND s.s_region = 'AMERICA'
    AND p.p_mfgr IN ('MFGR#1', 'MFGR#2')
GROUP BY d.d_year, c.c_nation
ORDER BY d.d_year, c.c_nation;
