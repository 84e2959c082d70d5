"""Standard rates of VAT and GST on electronic services to consumers, in basis points, November 2026.

Rates change: whoever runs a house checks those of the countries it is registered in (TAX_COUNTRIES).
"""

EU = frozenset({
    "AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE", "IT", "LV", "LT",
    "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE",
})  # fmt: skip

RATES = {
    "AT": 2000, "BE": 2100, "BG": 2000, "HR": 2500, "CY": 1900, "CZ": 2100, "DK": 2500, "EE": 2400,
    "FI": 2550, "FR": 2000, "DE": 1900, "GR": 2400, "HU": 2700, "IE": 2300, "IT": 2200, "LV": 2100,
    "LT": 2100, "LU": 1700, "MT": 1800, "NL": 2100, "PL": 2300, "PT": 2300, "RO": 2100, "SK": 2300,
    "SI": 2200, "ES": 2100, "SE": 2500, "GB": 2000, "NO": 2500, "CH": 810, "IS": 2400, "AU": 1000,
    "NZ": 1500, "JP": 1000, "KR": 1000, "IN": 1800, "SG": 900, "ZA": 1500, "TR": 2000, "AE": 500,
    "SA": 1500, "MX": 1600, "CL": 1900, "CO": 1900,
}  # fmt: skip
