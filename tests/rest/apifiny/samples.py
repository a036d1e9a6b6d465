"""The document's own samples, by method: what is asked, and what is answered. Broken JSON in it is mended."""

from typing import Final

ORDER: Final = """{
  "accountId": "STA-VENUE1_00000001", "venue":"VENUE1", "orderId": "000000011584603011942221",
  "symbol": "BTCUSD", "orderType": "LIMIT", "orderSide": "BUY", "limitPrice": 100, "quantity": 1.12,
  "filledAveragePrice": 0, "filledCumulativeQuantity": 0, "timeInForce": 1, "openQuantity": 1.12,
  "orderStatus": "PENDING_SUBMIT", "createdAt": 1584603012164, "updatedAt":  1584603012164
}"""

DETAIL: Final = """{
    "accountId": "STA-VENUE1_00000001", "venue":"VENUE1", "orderId": "000000011584603011942221",
    "symbol": "BTCUSD", "orderType": "LIMIT", "timeInForce": 3, "orderSide": "BUY", "limitPrice": 9000,
    "quantity": 0.01, "filledAveragePrice": 0, "filledCumulativeQuantity": 0, "openQuantity": 0,
    "orderStatus": "FILLED", "createdAt": 1584603012164, "updatedAt":  1584603012164,
    "cancelledUpdatedAt": null, "filledUpdatedAt": null , "lastCommission": 0.0450,
    "lastCommissionCurrency": "USD", "lastFilledQuantity": 0.01, "lastFilledPrice": 9000, "isTaker": true
}"""

STREAM_ENTRY: Final = """{
   "logTimestamp" : 1552116459536,
   "payload" : {
     "accountId" : "ST-00000001", "venue":"VENUE1", "orderId" : "000000121574697605570321",
     "symbol" : "BTCUSD", "orderType" : "LIMIT", "timeInForce": 1, "orderSide" : "BUY",
     "limitPrice" : 100.0, "quantity" : 1.12, "filledAveragePrice" : 100.0,
     "filledCumulativeQuantity" : 1.12, "openQuantity" : 0, "orderStatus" : "FILLED",
     "createdAt" : 1537857271784, "updatedAt" : 1537857271784, "cancelledUpdatedAt" : null,
     "filledUpdatedAt" : 1552116459467, "lastFilledQuantity" : 1.12, "lastFilledPrice" : 100.0,
     "lastFilledCreatedAt" : 1537857271784, "lastCommission" : 0.112, "lastCommissionCurrency" : "USD",
     "isTaker": true
  }
}"""

ANSWERS: Final = {
    "account.queryAccountInfoLite": """{
      "accountId": "STA-00000001", "accountStatus": "OPENED", "createdAt": 1537857271784,
      "updatedAt": 1551956476878,
      "subAccountInfo": [ { "accountId": "STA-VENUE1_00000001", "venue": "VENUE1",
        "accountStatus": "OPENED", "createdAt": 1584611383104, "updatedAt": 1584611383104 } ] }""",
    "asset.listBalanceByLite": """[
      { "accountId": "STA-VENUE1_00000001", "venue":"VENUE1", "currency": "BTC",
        "amount": 51.95, "available": 51.95, "frozen": 0 },
      { "accountId": "STA-VENUE1_00000001", "venue":"VENUE1", "currency": "USDT",
        "amount": 101.95, "available": 51.95, "frozen": 50 } ]""",
    "asset.queryAddressLite": """{ "venue":"VENUE1", "currency": "EOS", "coin": "EOS",
      "address": "acc******bnw", "memo": "10230001", "expiredAt": 1584606409507 }""",
    "asset.createWithdrawTicketLite": """{ "ticket": "b215282*************bbe436f",
      "expiredAt": 1584633883235 }""",
    "asset.withdrawLite": """{
      "accountId": "STA-VENUE1_00000001", "venue":"VENUE1", "currency": "BTC", "coin": "BTC",
      "amount": 10.0021, "fee": 0.0005, "fromAddress": null, "targetAddress": "3Nxwena****************fp8v",
      "type": "OUTGOING", "actionType": "ACCOUNT_CLIENT_WITHDRAW", "actionNote": "ACCOUNT_CLIENT_WITHDRAW",
      "logId": "STA-VENUE1_00000001.a93cdec7f3544ad89e2dd2a1515a7cba",
      "txId":"6af5256d5d3dd**********************************e1c31de", "status": "SUBMITTED",
      "logCreatedAt": 1584613315735, "logUpdatedAt": 1584613839359 }""",
    "asset.transferToVenue": """{
      "accountId": "STA-0000001", "venue":"FROM_VENUE", "currency": "BTC", "amount": 10.0, "fee": 0.0005,
      "targetVenue": "TO_VENUE", "logId": "STA-VENUE1_00000001.a93cdec7f3544ad89e2dd2a1515a7cba",
      "status": "SUBMITTED", "logCreatedAt": 1584613315735, "logUpdatedAt": 1584613839359 }""",
    "asset.queryAssetActivityListLite": """{
      "records" : [ {
        "accountId" : "STA-VENUE1_00000001", "currency" : "BTC", "status" : "SUBMITTED",
        "type" : "OUTGOING", "amount" : 0.01, "fee" : 0.003, "targetAddress" : "", "coin" : "BTC",
        "logId" : "STA-VENUE1_00000001.8de7fc99b5064f288f8fb9608951fb69", "logCreatedAt" : "1584355090628",
        "logUpdatedAt" : "1584614290628", "actionType" : "ACCOUNT_CLIENT_TRANSFER_OUTGOING",
        "actionNote" : "ACCOUNT_CLIENT_TRANSFER_OUTGOING", "fromAccountId" : "STA-VENUE1_00000001",
        "toAccountId" : "STA-VENUE2_00000001" } ],
      "total" : 5, "size" : 2, "current" : 1, "orders" : [ ], "hitCount" : false, "searchCount" : true,
      "pages" : 3 }""",
    "order.insertOrderLite": ORDER,
    "order.cancelOrderLite": ORDER,
    "order.queryOrderInfoLite": ORDER,
    "order.listOrderInfoLite": f"[{ORDER}]",
    "order.listOpenOrderLite": f"[{ORDER}]",
    "order.listCompletedOrderLite": f"[{ORDER}]",
    "order.listDetailLite": f"[{DETAIL}]",
    "order.readerOrderDetail": f"[{DETAIL}]",
    "order.getCommissionRate": """{ "accountId": "STA-VENUE1_00000001", "tradingVolume": 121.1001,
      "takeFee": 0.003, "makeFee": 0, "specialRate": 0 }""",
    "order.streamDetail": f"[{STREAM_ENTRY}]",
    "utils.listVenueInfoLite": """[ { "exchange ": "VENUE1", "status": "enabled" },
      { "exchange ": "VENUE24", "status ": "disabled" } ]""",
    "utils.listCurrencyLite": """[ { "currency": "BTC", "currencyPrecision": 9,
      "status": "NOT_DEPOSIT_WITHDRAW", "withdrawMaxAmount": 1000000, "withdrawMinAmount": 0.004,
      "withdrawMinFee": 0.0005, "nextStatus": null, "nextStatusAt": null, "coin": "BTCUSD" } ]""",
    "utils.listSymbolInfoLite": """[ { "symbol":"EOSETH", "baseAsset":"EOS", "baseAssetPrecision": 8,
      "quoteAsset":"ETH", "quotePrecision": 8, "minPrice":0.01, "maxPrice":99999, "minQuantity":0.01,
      "maxQuantity":99999, "tickSize":0.01, "stepSize":0.0001, "minNotional": 1, "maxNotional": 1000,
      "status": "enabled" } ]""",
    "utils.currentTimeMillis": "1552112542263",
    "/md/orderbook/v1/BTCUSD/VENUE1": """{ "symbol":"BTCUSD", "updatedAt":1584523325000,
      "asks": [ [10000.0, 0.004] ], "bids": [ [7000.0, 0.04], [6980.0, 0.0048] ] }""",
    "/md/trade/v1/BTCUSD/VENUE1": """[ { "symbol":"BTCUSD", "provider":"ConnectVenue", "price":59177.17,
      "qty":0.09999844, "side":"BUY", "tradeTime":1617266375515, "exchangeID":"151651858",
      "updateTime":1617266375626 } ]""",
    "/md/kline/v1/COINBASEPRO/BTC/USD/5m": """[ { "currencyPair":"BTC/USDT", "period":"1m",
      "open":58053.69, "high":58053.69, "low":58053.69, "close":58053.69, "vol":0.027921, "count":1,
      "timestamp":1616140260000, "exchange":"ConnectVenue" } ]""",
    "/md/ticker/v1/BTCUSD/VENUE1/": """{ "symbol":"BTCUSD", "high":56668.2, "vol":935.342312,
      "amount":51110415.03946448, "low":53518.77, "provider":"ConnectVenue", "count":1,
      "updateAt":1616580009925, "close":56471.34, "open":54643.54 }""",
}

BOOK_PUSH: Final = """{ "venues":["VENUE1"], "channel":"orderbook", "orderbook":{ "symbol":"BTCUSD",
  "updatedAt":1584523325000, "asks": [ [10000.0, 0.004] ], "bids": [ [7000.0, 0.04], [6980.0, 0.0048] ] } }"""
