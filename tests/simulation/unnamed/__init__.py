"""Histories of venues without client order ids: WEEX and the Cloud API, with the whole of oms.rest before them."""
