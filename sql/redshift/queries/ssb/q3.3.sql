-- Star Schema Benchmark, Q3.3: the same between two cities.
SELECT
    c.c_city,
    s.s_city,
    d.d_year,
    SUM(lo.lo_revenue) AS lo_revenue
FROM ssb.lineorder AS lo
INNER JOIN ssb.dates AS d ON lo.lo_orderdate = d.d_datekey
INNER JOIN ssb.customer AS c ON lo.lo_custkey = c.c_custkey
INNER JOIN ssb.supplier AS s ON lo.lo_suppkey = s.s_suppkey
WHERE
    c.c_city IN ('UNITED KI1', 'UNITED KI5')
    AND s.s_city IN ('UNITED KI1', 'UNITED KI5')
    AND d.d_year BETWEEN 1992 AND 1997
GROUP BY c.c_city, s.s_city, d.d_year
ORDER BY d.d_year ASC, lo_revenue DESC;
