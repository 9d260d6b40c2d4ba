"""Shops: connections, customers, orders and their products.

Source: ActiveCampaign API v3 reference, "Connections", "E-commerce customers", "E-commerce
orders"; read 2026-11-21.
"""

from __future__ import annotations

from sqlcrm.sdk import Filter, Read, Table, Type
from sqlcrm_activecampaign.columns import (
    changed,
    flag,
    made,
    number,
    own_id,
    ref,
    text,
    typed,
    when,
)
from sqlcrm_activecampaign.wire import BY_ID, LISTED, UNCOUNTED, WHOLE, needle, whole
from sqlcrm_activecampaign.writes import delete, insert, update

CENTS = "In cents of the currency."


def _customer_filters() -> tuple[Filter, ...]:
    """Conditions that customers and orders have in common."""
    return (
        Filter("email", "=", "filters[email]", wire=needle),
        Filter("external_id", "=", "filters[externalid]", wire=needle),
        Filter("connection_id", "=", "filters[connectionid]", wire=whole),
    )


connections = Table(
    "connections",
    doc="Services, such as shops, that the account is connected to.",
    few=True,
    key=("id",),
    natural_key=("service", "external_id"),
    columns=(
        own_id(),
        text("service", required=True),
        text("external_id", "externalid", required=True, doc="The account's id in the service."),
        text("name", required=True),
        text("logo_url", "logoUrl", required=True),
        text("link_url", "linkUrl", required=True),
        number("list_id", "listId", doc="List for new contacts; 0 none."),
        flag("is_internal", "isInternal", readonly=True),
        number("status", doc="0 error, 1 connected."),
        number("sync_status", "syncStatus"),
        when("last_sync_at", "lastSync"),
        made(),
        changed(),
    ),
    reads=(
        Read(
            "/connections",
            "connections",
            LISTED,
            always=(BY_ID,),
            filters=(
                Filter("service", "=", "filters[service]", wire=needle),
                Filter("external_id", "=", "filters[externalid]", wire=needle),
            ),
        ),
        Read("/connections/{id}", "connection", by="id"),
    ),
    writes=(
        insert("/connections", "connection"),
        update("/connections", "connection"),
        delete("/connections", "Customers and orders of a deleted connection are gone."),
    ),
    example="SELECT id, service, name FROM connections@ac",
)

ecom_customers = Table(
    "ecom_customers",
    doc="Customers of shops.",
    key=("id",),
    natural_key=("connection_id", "external_id", "email"),
    columns=(
        own_id(),
        ref("connection_id", "connectionid", "connection", required=True),
        text("external_id", "externalid", required=True, doc="The customer's id in the shop."),
        text("email", required=True, check="email"),
        # Not a subscription of the account: what the customer told the shop.
        number("accepts_marketing", "acceptsMarketing", doc="0 or 1, as told to the shop."),
        number("total_revenue", "totalRevenue", readonly=True, doc=CENTS),
        number("total_orders", "totalOrders", readonly=True),
        number("total_products", "totalProducts", readonly=True),
        typed(
            "average_revenue",
            Type.FLOAT,
            "avgRevenuePerOrder",
            readonly=True,
            doc="Revenue an order, in cents.",
        ),
        text("average_category", "avgProductCategory", readonly=True),
        changed("tstamp", "udate"),
    ),
    reads=(
        Read(
            "/ecomCustomers",
            "ecomCustomers",
            LISTED,
            always=(BY_ID,),
            filters=_customer_filters(),
        ),
        Read("/ecomCustomers/{id}", "ecomCustomer", by="id"),
    ),
    writes=(
        insert("/ecomCustomers", "ecomCustomer"),
        update("/ecomCustomers", "ecomCustomer"),
        delete("/ecomCustomers"),
    ),
    example="SELECT email, total_revenue / 100 FROM ecom_customers@ac WHERE connection_id = 1",
)

ecom_orders = Table(
    "ecom_orders",
    doc="Orders and abandoned carts of shops.",
    key=("id",),
    natural_key=("connection_id", "external_id"),
    columns=(
        own_id(),
        ref("connection_id", "connectionid", "connection", required=True),
        ref("customer_id", "customerid", "customer", required=True, doc="See ecom_customers."),
        text("external_id", "externalid", doc="The order's id in the shop."),
        text("external_checkout_id", "externalcheckoutid", doc="The cart's, where no order is."),
        number("source", choices=(0, 1), required=True, doc="0 historical, 1 real-time."),
        number("state", readonly=True, doc="0 pending, 1 done, 2 abandoned, 3 recovered, 4 wait."),
        text("email", required=True, check="email"),
        text("currency", required=True, doc="ISO code in capitals."),
        number("total_price", "totalPrice", required=True, doc=CENTS),
        number("shipping_amount", "shippingAmount", doc=CENTS),
        number("tax_amount", "taxAmount", doc=CENTS),
        number("discount_amount", "discountAmount", doc=CENTS),
        text("order_number", "orderNumber"),
        text("order_url", "orderUrl"),
        text("shipping_method", "shippingMethod"),
        number("total_products", "totalProducts", readonly=True),
        typed(
            "order_products",
            Type.JSON,
            "orderProducts",
            write_only=True,
            doc="Written as products, read as their ids.",
        ),
        when("external_created_at", "externalCreatedDate", readonly=False, required=True),
        when("external_updated_at", "externalUpdatedDate", readonly=False),
        when("abandoned_at", "abandonedDate", readonly=False),
        when("ordered_at", "orderDate"),
        made("createdDate", "cdate"),
        changed("updatedDate", "udate"),
    ),
    reads=(
        Read(
            "/ecomOrders",
            "ecomOrders",
            LISTED,
            always=(BY_ID,),
            filters=(
                *_customer_filters(),
                Filter("external_checkout_id", "=", "filters[externalcheckoutid]", wire=needle),
                Filter("state", "=", "filters[state]", wire=whole),
                Filter("customer_id", "=", "filters[customerid]", wire=whole),
            ),
        ),
        Read("/ecomOrders/{id}", "ecomOrder", by="id"),
        Read(
            "/ecomOrders",
            "ecomOrders",
            LISTED,
            by="customer_id",
            param="filters[customerid]",
            always=(BY_ID,),
        ),
    ),
    writes=(
        insert("/ecomOrders", "ecomOrder"),
        update("/ecomOrders", "ecomOrder"),
        delete("/ecomOrders"),
    ),
    example="SELECT email, total_price / 100, state FROM ecom_orders@ac WHERE connection_id = 1",
)

ecom_order_products = Table(
    "ecom_order_products",
    doc="Products of orders. They are written as part of ecom_orders.",
    key=("id",),
    columns=(
        own_id(),
        ref("order_id", "orderid", "ecomOrder"),
        ref("connection_id", "connectionid"),
        text("external_id", "externalid", doc="The product's id in the shop."),
        text("sku"),
        text("name"),
        text("description"),
        number("price", doc=CENTS),
        number("quantity"),
        text("category"),
        text("image_url", "imageUrl"),
        text("product_url", "productUrl"),
        made("createdDate", "cdate"),
        changed("updatedDate", "udate"),
    ),
    reads=(
        Read("/ecomOrders/{order_id}/orderProducts", "ecomOrderProducts", WHOLE, by="order_id"),
        Read("/ecomOrderProducts", "ecomOrderProducts", UNCOUNTED, always=(BY_ID,)),
    ),
    example="SELECT sku, sum(quantity) FROM ecom_order_products@ac GROUP BY sku",
)

TABLES = (connections, ecom_customers, ecom_orders, ecom_order_products)
