SELECT checkpoint, ts, digest FROM watermark
