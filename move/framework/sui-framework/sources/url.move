/// Addresses on the web, which nobody checks.
module sui::url;

use std::ascii::String;

/// A text that should be a URL.
public struct Url has copy, drop, store {
    url: String,
}

/// A text as URL, unchecked.
public fun new_unsafe(url: String): Url {
    Url { url }
}

/// ASCII bytes as URL, unchecked.
public fun new_unsafe_from_bytes(bytes: vector<u8>): Url {
    Url { url: bytes.to_ascii_string() }
}

/// The text.
public fun inner_url(self: &Url): String {
    self.url
}

/// Sets the text.
public fun update(self: &mut Url, url: String) {
    self.url = url
}
