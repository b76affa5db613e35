package contract

import (
	"github.com/floe-data/floe/sdk/bcs"
	"github.com/floe-data/floe/sdk/sui"
)

// CreateTreasury creates and shares a treasury for a coin type.
func CreateTreasury(b *sui.Builder, p Packages, coin sui.TypeTag) {
	coinCall(b, p, coin, "create_treasury")
}

// Sell pays for a version: the payment, a Coin, is split along the lineage, or
// kept back if the version has a refund window. It returns the Receipt.
func Sell(b *sui.Builder, p Packages, coin sui.TypeTag, treasury, lineage, version sui.Address, payment sui.Arg) sui.Arg {
	return coinCall(b, p, coin, "sell", b.Object(treasury), b.Object(lineage), b.Pure(version), payment, b.Clock())
}

// SettleSale splits a payment whose refund window is over.
func SettleSale(b *sui.Builder, p Packages, coin sui.TypeTag, treasury, lineage, sale sui.Address) {
	coinCall(b, p, coin, "settle", b.Object(treasury), b.Object(lineage), b.Pure(sale), b.Clock())
}

// RefundSale gives a payment that is kept back to its buyer, if the version is
// revoked or on hold.
func RefundSale(b *sui.Builder, p Packages, coin sui.TypeTag, treasury, lineage, sale sui.Address) {
	coinCall(b, p, coin, "refund", b.Object(treasury), b.Object(lineage), b.Pure(sale))
}

// ClaimIncome returns a Coin with all that is credited to the sender, to be
// transferred.
func ClaimIncome(b *sui.Builder, p Packages, coin sui.TypeTag, treasury sui.Address) sui.Arg {
	return coinCall(b, p, coin, "claim", b.Object(treasury))
}

func coinCall(b *sui.Builder, p Packages, coin sui.TypeTag, function string, args ...sui.Arg) sui.Result {
	if p.Catalog.Latest.IsZero() {
		return call(b, p.Catalog, "revenue", function, args...)
	}
	return b.Call(p.Catalog.Latest, "revenue", function, []sui.TypeTag{coin}, args...)
}

// TreasuryCreated: a treasury for one coin type was created.
type TreasuryCreated struct {
	TreasuryID sui.Address
	CoinType   string // Full name of the coin type, defining ids.
}

// UnmarshalBCS reads the event.
func (v *TreasuryCreated) UnmarshalBCS(d *bcs.Decoder) {
	v.TreasuryID = address(d)
	v.CoinType = d.String()
}

// SaleEscrowed: a payment is kept back until its refund window is over.
type SaleEscrowed struct {
	TreasuryID        sui.Address
	SaleID            sui.Address
	VersionID         sui.Address
	DatasetID         sui.Address
	Buyer             sui.Address
	Amount            uint64
	RefundableUntilMS uint64
}

// UnmarshalBCS reads the event.
func (v *SaleEscrowed) UnmarshalBCS(d *bcs.Decoder) {
	v.TreasuryID = address(d)
	v.SaleID = address(d)
	v.VersionID = address(d)
	v.DatasetID = address(d)
	v.Buyer = address(d)
	v.Amount = d.U64()
	v.RefundableUntilMS = d.U64()
}

// SaleSettled: a payment was split along the lineage; `IncomeCredited` events of the same
// sale, which come before it, sum to `amount`.
type SaleSettled struct {
	TreasuryID sui.Address
	SaleID     sui.Address
	VersionID  sui.Address
	DatasetID  sui.Address
	Buyer      sui.Address
	Amount     uint64
}

// UnmarshalBCS reads the event.
func (v *SaleSettled) UnmarshalBCS(d *bcs.Decoder) {
	v.TreasuryID = address(d)
	v.SaleID = address(d)
	v.VersionID = address(d)
	v.DatasetID = address(d)
	v.Buyer = address(d)
	v.Amount = d.U64()
}

// SaleRefunded: a payment that was kept back went back to the buyer.
type SaleRefunded struct {
	TreasuryID sui.Address
	SaleID     sui.Address
	VersionID  sui.Address
	DatasetID  sui.Address
	Buyer      sui.Address
	Amount     uint64
}

// UnmarshalBCS reads the event.
func (v *SaleRefunded) UnmarshalBCS(d *bcs.Decoder) {
	v.TreasuryID = address(d)
	v.SaleID = address(d)
	v.VersionID = address(d)
	v.DatasetID = address(d)
	v.Buyer = address(d)
	v.Amount = d.U64()
}

// IncomeCredited: a payee's part of a sale was credited, for one version in the lineage.
type IncomeCredited struct {
	TreasuryID sui.Address
	SaleID     sui.Address
	VersionID  sui.Address // The version that earned it, sold or an ancestor.
	DatasetID  sui.Address // Its dataset.
	Payee      sui.Address
	Amount     uint64
}

// UnmarshalBCS reads the event.
func (v *IncomeCredited) UnmarshalBCS(d *bcs.Decoder) {
	v.TreasuryID = address(d)
	v.SaleID = address(d)
	v.VersionID = address(d)
	v.DatasetID = address(d)
	v.Payee = address(d)
	v.Amount = d.U64()
}

// IncomeClaimed: a payee took out what was credited.
type IncomeClaimed struct {
	TreasuryID sui.Address
	Payee      sui.Address
	Amount     uint64
}

// UnmarshalBCS reads the event.
func (v *IncomeClaimed) UnmarshalBCS(d *bcs.Decoder) {
	v.TreasuryID = address(d)
	v.Payee = address(d)
	v.Amount = d.U64()
}
