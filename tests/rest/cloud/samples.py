"""The answers that the document prints, its slips of the pen mended where they are no JSON."""

KLINE = """{
  "status": "ok",
  "ch": "market.btcusdt.kline.1day",
  "ts": 1499223904680,
  "data": [
{
    "id": 1499184000,
    "amount": 37593.0266,
    "count": 0,
    "open": 1935.2000,
    "close": 1879.0000,
    "low": 1856.0000,
    "high": 1940.0000,
    "vol": 71031537.97866500
  }
]
}"""

INVALID_PERIOD = """{
  "ts": 1490758171271,
  "status": "error",
  "err-code": "invalid-parameter",
  "err-msg": "invalid period"
}"""

INVALID_SIZE = """{
  "ts": 1490758221221,
  "status": "error",
  "err-code": "bad-request",
  "err-msg": "invalid size, valid range: [1,2000]"
}"""

MERGED = """{
"status":"ok",
"ch":"market.ethusdt.detail.merged",
"ts":1499225276950,
"tick":{
  "id":1499225271,
  "ts":1499225271000,
  "close":1885.0000,
  "open":1960.0000,
  "high":1985.0000,
  "low":1856.0000,
  "amount":81486.2926,
  "count":42122,
  "vol":157052744.85708200,
  "ask":[1885.0000,21.8804],
  "bid":[1884.0000,1.6702]
  }
}"""

TICKERS = """{ "status":"ok", "ts":1510885463001, "data":[ { "open":0.044297, "close":0.042178, "low":0.040110,
"high":0.045255, "amount":12880.8510, "count":12838, "vol":563.0388715740, "symbol":"ethbtc" }, { "open":0.008545,
"close":0.008656, "low":0.008088, "high":0.009388, "amount":88056.1860, "count":16077, "vol":771.7975953754,
"symbol":"ltcbtc" } ] }"""

DEPTH = """{
  "status": "ok",
  "ch": "market.btcusdt.depth.step1",
  "ts": 1489472598812,
  "tick": {
    "id": 1489464585407,
    "ts": 1489464585407,
    "bids": [
      [7964, 0.0678],
      [7963, 0.9162]
    ],
    "asks": [
      [7979, 0.0736],
      [7980, 1.0292]
    ]
  }
}"""

TRADE = """{
  "status": "ok",
  "ch": "market.btcusdt.trade.detail",
  "ts": 1489473346905,
  "tick": {
    "id": 600848670,
    "ts": 1489464451000,
    "data": [
      {
        "id": 600848670,
        "price": 7962.62,
        "amount": 0.0122,
        "direction": "buy",
        "ts": 1489464451000
      }
    ]
  }
}"""

HISTORY_TRADE = """{
    "status": "ok",
    "ch": "market.ethusdt.trade.detail",
    "ts": 1502448925216,
    "data": [
        {
            "id": 31459998,
            "ts": 1502448920106,
            "data": [
                {
                    "id": 17592256642623,
                    "amount": 0.04,
                    "price": 1997,
                    "direction": "buy",
                    "ts": 1502448920106
                }
            ]
        }
    ]
}"""

SYMBOLS = """{
  "status": "ok",
  "data": [
    {
      "base-currency": "eth",
      "quote-currency": "usdt",
      "symbol": "ethusdt"
    },
    {
      "base-currency": "etc",
      "quote-currency": "usdt",
      "symbol": "etcusdt"
    }
  ]
}"""

CURRENCYS = '{"status": "ok", "data": ["usdt", "eth", "etc"]}'
TIMESTAMP = '{"status": "ok", "data": 1494900087029}'

ACCOUNTS = """{
  "status": "ok",
  "data": [
    {
      "id": 100009,
      "type": "spot",
      "state": "working",
      "user-id": 1000
    }
  ]
}"""

BALANCE = """{
  "status": "ok",
  "data": {
    "id": 100009,
    "type": "spot",
    "state": "working",
    "list": [
      {
        "currency": "usdt",
        "type": "trade",
        "balance": "500009195917.4362872650"
      },
      {
        "currency": "usdt",
        "type": "frozen",
        "balance": "328048.1199920000"
      }
    ],
    "user-id": 1000
  }
}"""

PLACE = '{"status": "ok", "data": "59378"}'

OPEN_ORDERS = """{
  "status": "ok",
  "data": [
    {
      "id": 5454937,
      "symbol": "ethusdt",
      "account-id": 30925,
      "amount": "1.000000000000000000",
      "price": "0.453000000000000000",
      "created-at": 1530604762277,
      "type": "sell-limit",
      "filled-amount": "0.0",
      "filled-cash-amount": "0.0",
      "filled-fees": "0.0",
      "source": "web",
      "state": "submitted"
    }
  ]
}"""

BATCH_CANCEL = """{
  "status": "ok",
  "data": {
    "success": [
      "1",
      "3"
    ],
    "failed": [
      {
        "err-msg": "记录无效",
        "order-id": "2",
        "err-code": "base-record-invalid"
      }
    ]
  }
}"""

CANCEL_OPEN_ORDERS = """{
  "status": "ok",
  "data": {
    "success-count": 2,
    "failed-count": 0,
    "next-id": 5454600
  }
}"""

_ORDER = """{
    "id": 59378,
    "symbol": "ethusdt",
    "account-id": 100009,
    "amount": "10.1000000000",
    "price": "100.1000000000",
    "created-at": 1494901162595,
    "type": "buy-limit",
    "field-amount": "10.1000000000",
    "field-cash-amount": "1011.0100000000",
    "field-fees": "0.0202000000",
    "finished-at": 1494901400468,
    "user-id": 1000,
    "source": "api",
    "state": "filled",
    "canceled-at": 0,
    "exchange": "xxx",
    "batch": ""
  }"""
ORDER = f'{{"status": "ok", "data": {_ORDER}}}'
ORDERS = f'{{"status": "ok", "data": [{_ORDER}]}}'

ORDER_MATCH_RESULTS = """{
  "status": "ok",
  "data": [
    {
      "id": 29553,
      "order-id": 59378,
      "match-id": 59335,
      "symbol": "ethusdt",
      "type": "buy-limit",
      "source": "api",
      "price": "100.1000000000",
      "filled-amount": "9.1155000000",
      "filled-fees": "0.0182310000",
      "created-at": 1494901400435
    }
  ]
}"""

MATCH_RESULTS = """{
  "status": "ok",
  "data": [
    {
      "id": 29555,
      "order-id": 59378,
      "match-id": 59335,
      "symbol": "ethusdt",
      "type": "buy-limit",
      "source": "api",
      "price": "100.1000000000",
      "filled-amount": "0.9845000000",
      "filled-fees": "0.0019690000",
      "created-at": 1494901400487
    }
  ]
}"""

TRANSFER = '{"status": "ok", "data": 1000}'
LOAN = '{"status": "ok", "data": 59378}'

LOAN_ORDERS = """{
    "status": "ok",
    "data": [
        {
            "currency": "btc",
            "symbol": "btcusdt",
            "accrued-at": 1511760873587,
            "loan-amount": "0.333000000000000000",
            "loan-balance": "0.333000000000000000",
            "interest-balance": "0.000000000000000000",
            "created-at": 1511762673587,
            "interest-amount": "0.000000000000000000",
            "interest-rate": "0.000000000000000000",
            "account-id": 18298,
            "user-id": 111899,
            "updated-at": 1511762673654,
            "id": 232,
            "state": "accrual"
        }
      ]
}"""

MARGIN_BALANCE = """{
    "status": "ok",
    "data": [
        {
            "id": 18264,
            "type": "margin",
            "state": "working",
            "symbol": "btcusdt",
            "fl-price": "0",
            "fl-type": "safe",
            "risk-rate": "475.952571086994250554",
            "list": [
                {
                    "currency": "btc",
                    "type": "trade",
                    "balance": "1168.533000000000000000"
                },
                {
                    "currency": "usdt",
                    "type": "loan",
                    "balance": "-140.234099999999999920"
                },
                {
                    "currency": "usdt",
                    "type": "loan-available",
                    "balance": "49859.765900000000000080"
                }
            ]
        }
    ]
}"""

# The document names these two and prints no answer; fields as other exchanges of this kind have them.
WITHDRAW = '{"status": "ok", "data": 700}'
DEPOSIT_WITHDRAW = """{"status": "ok", "data": [{"id": 1171, "type": "deposit", "currency": "xrp",
"tx-hash": "ed03094b84eafbe4bc16e7ef766ee959885ee5bcb265872baaa9c64e1cf86c2b", "amount": 7.457467,
"address": "rae93V8d2mdoUQHwBDBdM4NHCMehRJAsbm", "address-tag": "100040", "fee": 0, "state": "safe",
"created-at": 1510912472199, "updated-at": 1511145876575}]}"""
