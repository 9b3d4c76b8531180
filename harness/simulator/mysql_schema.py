"""The OLTP schema of the source database `wholesale` (docs/warehouse.md, "RDS")."""

from __future__ import annotations

__all__ = ["TABLES"]

_OPTIONS = "engine = InnoDB default character set = utf8mb4"

TABLES: tuple[str, ...] = (
    f"""create table if not exists region (
        region_id tinyint unsigned not null primary key,
        name varchar(25) not null
    ) {_OPTIONS}""",
    f"""create table if not exists nation (
        nation_id tinyint unsigned not null primary key,
        name varchar(25) not null,
        region_id tinyint unsigned not null,
        currency_code char(3) not null,
        constraint nation_region foreign key (region_id) references region (region_id)
    ) {_OPTIONS}""",
    f"""create table if not exists customer (
        customer_id int unsigned not null primary key,
        name varchar(60) not null,
        address varchar(120) not null,
        nation_id tinyint unsigned not null,
        phone varchar(20) not null,
        account_balance decimal(12,2) not null,
        market_segment varchar(20) not null,
        comment varchar(255),
        updated_at datetime(6) not null,
        key customer_updated_at (updated_at),
        constraint customer_nation foreign key (nation_id) references nation (nation_id)
    ) {_OPTIONS}""",
    f"""create table if not exists orders (
        order_id bigint unsigned not null primary key,
        customer_id int unsigned,
        status char(1) not null,
        currency_code char(3) not null,
        total_price decimal(15,2) not null,
        ordered_at datetime(6) not null,
        priority varchar(20) not null,
        clerk varchar(20) not null,
        ship_priority int not null,
        comment varchar(255),
        is_deleted tinyint(1) not null default 0,
        updated_at datetime(6) not null,
        key orders_updated_at (updated_at),
        constraint orders_customer foreign key (customer_id) references customer (customer_id)
    ) {_OPTIONS}""",
    f"""create table if not exists lineitem (
        order_id bigint unsigned not null,
        line_number smallint unsigned not null,
        part_id int unsigned not null,
        supplier_id int unsigned not null,
        quantity decimal(15,2) not null,
        extended_price decimal(15,2) not null,
        discount decimal(5,2) not null,
        tax decimal(5,2) not null,
        return_flag char(1) not null,
        commit_date date not null,
        ship_date date,
        receipt_date date,
        return_date date,
        ship_instructions varchar(30) not null,
        ship_mode varchar(20) not null,
        comment varchar(100),
        updated_at datetime(6) not null,
        primary key (order_id, line_number),
        key lineitem_updated_at (updated_at),
        constraint lineitem_order foreign key (order_id) references orders (order_id)
    ) {_OPTIONS}""",
    f"create table if not exists _simulator_batches (batch_id varchar(40) not null primary key, number int not null) {_OPTIONS}",
)
