"""How the admin writes times: an operator compares them to the second."""

DATETIME_FORMAT = "Y-m-d H:i:s"
