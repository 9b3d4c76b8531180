-- warehouse: the star schema. staging: what COPY fills within a load. ops: what loads keep about
-- themselves. marts: views for analysts. ssb: the star in the Star Schema Benchmark's shape.
CREATE SCHEMA IF NOT EXISTS warehouse;
CREATE SCHEMA IF NOT EXISTS staging;
CREATE SCHEMA IF NOT EXISTS ops;
CREATE SCHEMA IF NOT EXISTS marts;
CREATE SCHEMA IF NOT EXISTS ssb;
