"""Cloud API, the white-label exchanges' REST: typed requests and answers, signature, paging, refusals, snapshots."""
