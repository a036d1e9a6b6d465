"""The answers that the document prints (Trade API v1), with its `# etc` taken out."""

GET_INFO = """{
"success": 1,
"return": {
"funds": {
"usd": 325,
"btc": 23.998,
"ltc": 0
},
"rights": {
"info": 1,
"trade": 0,
"withdraw": 0
},
"transaction_count": 0,
"open_orders": 1,
"server_time": 1342123547
}
}"""

TRADE = """{
"success": 1,
"return": {
"received": 0.5,
"remains": 0,
"order_id": 0,
"funds": {
"usd": 325,
"btc": 2.498,
"ltc": 0
}
}
}"""

ACTIVE_ORDERS = """{
"success": 1,
"return": {
"343152": {
"pair": "btc_usd",
"type": "sell",
"amount": 12.345,
"rate": 485,
"timestamp_created": 1342448420,
"status": 0
}
}
}"""

ORDER_INFO = """{
"success": 1,
"return": {
"343152": {
"pair": "btc_usd",
"type": "sell",
"start_amount": 13.345,
"amount": 12.345,
"rate": 485,
"timestamp_created": 1342448420,
"status": 0
}
}
}"""

CANCEL_ORDER = """{
"success": 1,
"return": {
"order_id": 343154,
"funds": {
"usd": 325,
"btc": 24.998,
"ltc": 0
}
}
}"""

CANCEL_ORDERS = """{
"success": 1,
"return": {
"cancel_result": {
1300: {
"success": 1
},
1301: {
"sucess": 0,
"error": "invalid status"
}
},
"funds": {
"btc": 24.998,
"usd": 325,
"ltc": 0
}
}
}"""

TRADE_HISTORY = """{
"success": 1,
"return": {
"166830": {
"pair": "btc_usd",
"type": "sell",
"amount": 1,
"rate": 450,
"order_id": 343148,
"is_your_order": 1,
"timestamp": 1342445793
}
}
}"""

TRANS_HISTORY = """{
"success": 1,
"return": {
"1081672": {
"type": 1,
"amount": 1.00000000,
"currency": "BTC",
"desc": "BTC Payment",
"status": 2,
"timestamp": 1342448420
}
}
}"""

COIN_DEPOSIT_ADDRESS = """{
"success": 1,
"return": {
"address": "1BARCQAEjxqp1sKneiFtBVTZzhTHBTYcN5"
}
}"""

WITHDRAW_COIN = """{
"success": 1,
"return": {
"tId": 37832629,
"amountSent": 0.009,
"funds": {
"usd": 325,
"btc": 24.998,
"ltc": 0
}
}
}"""

CREATE_COUPON = """{
"success": 1,
"return": {
"coupon": "WEXUSD69AA4BBX1UAZ32BPLKBR0QZTX5AENVNFWNZHNQDZ",
"transID": 37832629,
"funds": {
"usd": 325,
"btc": 24.998,
"ltc": 0
}
}
}"""

REDEEM_COUPON = """{
"success": 1,
"return": {
"couponAmount": "1",
"couponCurrency": "USD",
"transID": 37832629,
"funds": {
"usd": 325,
"btc": 24.998,
"ltc": 0
}
}
}"""

# The public API v3, in the fields that its own documentation lists.
PUBLIC_INFO = """{"server_time":1370814956,"pairs":{"btc_usd":{"decimal_places":3,"min_price":0.1,
"max_price":400,"min_amount":0.01,"hidden":0,"fee":0.2}}}"""
TICKER = """{"btc_usd":{"high":109.88,"low":91.14,"avg":100.51,"vol":1632898.2249,"vol_cur":16541.51969,
"last":101.773,"buy":101.9,"sell":101.773,"updated":1370816308}}"""
DEPTH = (
    """{"btc_usd":{"asks":[[103.426,0.01],[103.5,15]],"bids":[[103.2,2.48502251],[103.082,0.46540304]]}}"""
)
TRADES = """{"btc_usd":[{"type":"ask","price":103.6,"amount":0.101,"tid":4861261,"timestamp":1370818007}]}"""
