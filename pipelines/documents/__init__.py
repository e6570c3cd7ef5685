"""Documents from hospitals, laboratories, imaging and town practices: each national format read into one `IncomingDocument`."""
