import Provisioning
import Testing

@Suite struct BaseURLTests {
  @Test(arguments: [
    ("https://example.com", "https://example.com"), ("HTTPS://Example.COM:443/", "https://example.com"),
    ("http://127.0.0.1:4747", "http://127.0.0.1:4747"), ("http://h:80//", "http://h"),
    ("https://hub.example.com./hub/api/", "https://hub.example.com/hub/api"),
    ("https://example.com/a/./b/../c/", "https://example.com/a/c"), ("http://[::1]:8080/", "http://[::1]:8080"),
    ("https://example.com/Hub", "https://example.com/Hub"),
  ])
  func `one address has one form`(address: String, canonical: String) throws {
    let url = try #require(BaseURL(address))
    #expect(url.text == canonical)
    #expect(BaseURL(canonical) == url, "the form is its own")
  }

  @Test(arguments: [
    "", "example.com", "ftp://example.com", "https://", "https://me@example.com", "https://me:secret@example.com",
    "https://example.com?x=1", "https://example.com/#part", "https://example.com/../up", "https://.",
    "https://..", "https://example.com..", "https://...:8443",
  ])
  func `what has a query, a user or a fragment, or is no address, is no base`(address: String) {
    #expect(BaseURL(address) == nil)
  }
}
