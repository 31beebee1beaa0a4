#pragma once

namespace gatehouse::crypto::test {

// PKCS #8 DER in base64, made for these tests with `openssl genpkey` and used nowhere else.

inline constexpr char rsa_2048[] =
    "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDA9HCFJ86CMjmjAiMeLG2xtGyIXvOTnGk6Ph9gFz"
    "tq+JcpeKEnNVwpqjZLGIF+arPNDpi97G4sb/0bLHBZyF8MoqLmf8fclAReEoY7GSF7C9RWZs9NR8G4caDwr8snU1LJ"
    "nHyITv5WdZpeZATghlQ3qEVPvv3Cp1uQjzdo6srWsE3pkkE73UDtZAm/fbIWWwvNVHMoO7PnwNgmta95YoRy3VLmdB"
    "YKdomk5fgAU68M36mh6MhM1jS7v7oM/vcu/LwyKPcriMbgoeyGg7f8vITmV27ujVVDlJEOjHkpHbteQlEwSshqyrXa"
    "9HizZZzCLPRXh/gz3+s9ruLf+41G7ZaHAgMBAAECggEASr8GTZa3iTkCmdJsnzYvwiy19Hfv3Ik1PDIvfk5RnqUxDY"
    "gkyWcCzkMZKCsUks+r2i4i3kPWBBHX1yx2U1lq9J6WAzuRxTFzpauAYylfjmZtOZE3EeVPtm8SHNrElHXTNrWPilAr"
    "d3u0MoeFWiK/QhZFz1gZvkuNjWjlWpfFvrc9sPdAeBnHbcKUAQW81jxVc4BNYMVxwfp0ikUNtqhWOK8foYzbLCksrA"
    "QtN7QeuVd+SPeCLudr5hx0GOumQ6//ODe2xQQt84A5+W6DpDxt+6SMIQNPGH0+3dgH0g0Nl4fc2jPsUubXYPNQWPOw"
    "JDVIAvOKSoQOkDRK9nQOJxBvBQKBgQDvnKqbQdpgC59hTpx35qCKxgM0LM2+C4A62VIyfQmwHwfkWMZSVohH33VZpO"
    "JYgsZRG7TSVVc2MUaWjy83lMTCo6xcxm1Pi6iDTS/5XsPm3Xg+NnVmcctUQGrdkCP1CaF56WkIYFHrEZDJ9rEQN+Hm"
    "YbgkijLWvCrxkCCymztrvQKBgQDOJtwRX+OxvX30E+khGTRxwOFRcdWLgNdrzJQWOHh2lD6z2M1vZJGGGf5IO8bIdJ"
    "aZZzZ5pUw2+qQIWO7UYGGFR3zw59+N3LWNkaz0UgKJmCF1KWEk/wc5Nul9hvKCCvt/5+5QbmO8Cpays8+jTiJ0kIfU"
    "7sqURNKzH43ErACtkwKBgFuK0StLt3BmQFfevqyYMdGS4Pp3+4qVvkG9cUfUuXTOBifZOruOT7aVyrGa6tbB755hJW"
    "4OKKmNndg7j+B+N8Xc3ib7sBtp0dGIFcIB0HpNNnkeOTAQXYwsqCdJwFMHgOegov4OPn2+UkC2vOLjVqy7vKxJGC8t"
    "6IItfDCAWe1JAoGAStopRdW/YyYeuaURHQd911/lcCEZHJInpeieTIMsmkGxkrPBxBSMElkVzzyFLPvIQuMLEJhIWB"
    "4huTYxYcOtJSuT3hUTQvtEoKaoWf39FeC7JUNlFn3TLZ8WoJGDNFywfPzFt0adyAVAOpq3ZeBU+mYQK+yYecWTi56F"
    "Z0fc5ykCgYB2OP3V/Yv+iGCw93I79StF5eGaMT7SCMBHSy2aR09eIpRQcpv/pHIfEk3wZqVCeU/F99eDTEkI0yyoz2"
    "9iQaFvC8rZkp/6epv7mBi0jdXr81sMy3lXLGz6+ZSqqKqzN7S+uN6aJBvRDjrxvj2COkdzqR65Y9mD9Km2fQfNOV3k"
    "1w==";

inline constexpr char p_384[] =
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCCbIoZlqtfxeTwyQpZZTs6oDX+aO+b4TljUzd5GaYTQG"
    "zZd46WEcUIu6FkSXNdNaShZANiAAR1w0My+3VFjOt8LMKyWkC8/xNEXu50Ze3lGlu5Z/Pfoy6uF8pmJZJ531/ximOI"
    "nvlG0PrHDAua+DusiuZAaWDvsNM5FTkbyog4Vzh8ipWhaII0uKu5JxcT5jaHJf6gjos=";

}  // namespace gatehouse::crypto::test
