// Certificates that open nothing, made for the tests: all of one key, each signed by itself.

import NIOSSL

enum TestCertificate: String, CaseIterable {
  case own, otherHost, expired

  func loaded() throws -> NIOSSLCertificate { try NIOSSLCertificate(bytes: Array(text.utf8), format: .pem) }

  static func key() throws -> NIOSSLPrivateKey { try NIOSSLPrivateKey(bytes: Array(keyText.utf8), format: .pem) }

  private var text: String {
    switch self {
    case .own: Self.ownText
    case .otherHost: Self.otherHostText
    case .expired: Self.expiredText
    }
  }

  private static let keyText = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJXll6SoCWJVSc8J/
    o2RCBewY8ozHtKl/BBnVw4xKmFahRANCAARoNCFg4AIk4vF05jUcq808Jm/gfgi7
    vP8iAcUpq2gS52dTDQ8smpzXGW5hrs1NWcMjKGtTnm4ahUvimgxbTc4t
    -----END PRIVATE KEY-----
    """

  /// For 127.0.0.1, 2020 to 2120.
  private static let ownText = """
    -----BEGIN CERTIFICATE-----
    MIIBWzCCAQCgAwIBAgIUFsJ/MMV7x0B6RNGQj6Bpp+1kyiEwCgYIKoZIzj0EAwIw
    GTEXMBUGA1UEAwwOcm9sbGNhbGwgdGVzdHMwIBcNMjAwMTAxMDAwMDAwWhgPMjEy
    MDAxMDEwMDAwMDBaMBkxFzAVBgNVBAMMDnJvbGxjYWxsIHRlc3RzMFkwEwYHKoZI
    zj0CAQYIKoZIzj0DAQcDQgAEaDQhYOACJOLxdOY1HKvNPCZv4H4Iu7z/IgHFKato
    EudnUw0PLJqc1xluYa7NTVnDIyhrU55uGoVL4poMW03OLaMkMCIwDwYDVR0RBAgw
    BocEfwAAATAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQC6mJvP
    52niRa9JCFXiBdLnOGCFvHFIkr81LO8N9FX2iAIhAP567s+peo7WbHmW+Tx78HiT
    e7S7FnbKQUv3za1PcVBl
    -----END CERTIFICATE-----
    """

  /// For other.example, 2020 to 2120.
  private static let otherHostText = """
    -----BEGIN CERTIFICATE-----
    MIIBZDCCAQmgAwIBAgIUIdKjx11SV+1bS+rP3jtIuLHUhD8wCgYIKoZIzj0EAwIw
    GTEXMBUGA1UEAwwOcm9sbGNhbGwgdGVzdHMwIBcNMjAwMTAxMDAwMDAwWhgPMjEy
    MDAxMDEwMDAwMDBaMBkxFzAVBgNVBAMMDnJvbGxjYWxsIHRlc3RzMFkwEwYHKoZI
    zj0CAQYIKoZIzj0DAQcDQgAEaDQhYOACJOLxdOY1HKvNPCZv4H4Iu7z/IgHFKato
    EudnUw0PLJqc1xluYa7NTVnDIyhrU55uGoVL4poMW03OLaMtMCswGAYDVR0RBBEw
    D4INb3RoZXIuZXhhbXBsZTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kA
    MEYCIQCA0/djCLD0IJx8UyngdSeoQRL+BeyEdjPtZNDXHRu/JQIhAMx6YHFNrRit
    qnHFIGin8gCrm+KO9JH09H6vvB3ud/Fv
    -----END CERTIFICATE-----
    """

  /// For 127.0.0.1, 2020 to 2021.
  private static let expiredText = """
    -----BEGIN CERTIFICATE-----
    MIIBVzCB/qADAgECAhRjLn3r6LIsxlopkdEqCwMAHQoAATAKBggqhkjOPQQDAjAZ
    MRcwFQYDVQQDDA5yb2xsY2FsbCB0ZXN0czAeFw0yMDAxMDEwMDAwMDBaFw0yMTAx
    MDEwMDAwMDBaMBkxFzAVBgNVBAMMDnJvbGxjYWxsIHRlc3RzMFkwEwYHKoZIzj0C
    AQYIKoZIzj0DAQcDQgAEaDQhYOACJOLxdOY1HKvNPCZv4H4Iu7z/IgHFKatoEudn
    Uw0PLJqc1xluYa7NTVnDIyhrU55uGoVL4poMW03OLaMkMCIwDwYDVR0RBAgwBocE
    fwAAATAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQD5fOOzHEyi
    2x9vy2N8bMzP+E94uy/zZgQn8C6WLoKCVAIgZZkjfm7MfmXURGeJGarW/4Qn7m2C
    Wzrt1FxzGmp6FpA=
    -----END CERTIFICATE-----
    """
}
