package contract

import "github.com/floe-data/floe/sdk/sui"

// CreateTreasury creates and shares a treasury for a coin type.
func CreateTreasury(b *sui.Builder, p Packages, coin sui.TypeTag) {
	p.RevenueCalls(b).CreateTreasury(coin, p.catalogVersion(b))
}

// Sell pays for a version: the payment, a Coin, is split along the lineage, or
// kept back if the version has a refund window. It returns the Receipt.
func Sell(b *sui.Builder, p Packages, coin sui.TypeTag, treasury, lineage, version sui.Address, payment Arg[Coin]) Arg[SaleReceipt] {
	return p.RevenueCalls(b).Sell(coin, Object[Treasury](b, treasury), Object[Lineage](b, lineage), Pure(b, version), payment)
}

// SettleSale splits a payment whose refund window is over.
func SettleSale(b *sui.Builder, p Packages, coin sui.TypeTag, treasury, lineage, sale sui.Address) {
	p.RevenueCalls(b).Settle(coin, Object[Treasury](b, treasury), Object[Lineage](b, lineage), Pure(b, sale))
}

// RefundSale gives a payment that is kept back to its buyer, if the version is
// revoked or on hold.
func RefundSale(b *sui.Builder, p Packages, coin sui.TypeTag, treasury, lineage, sale sui.Address) {
	p.RevenueCalls(b).Refund(coin, Object[Treasury](b, treasury), Object[Lineage](b, lineage), Pure(b, sale))
}

// ClaimIncome returns a Coin with all that is credited to the sender, to be
// transferred.
func ClaimIncome(b *sui.Builder, p Packages, coin sui.TypeTag, treasury sui.Address) Arg[Coin] {
	return p.RevenueCalls(b).Claim(coin, Object[Treasury](b, treasury), p.catalogVersion(b))
}
