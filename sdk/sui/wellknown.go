package sui

// Addresses that are the same on every network.
var (
	MoveStdlib      = Address{31: 0x1}
	Framework       = Address{31: 0x2}
	SystemPackage   = Address{31: 0x3}
	SystemStateID   = Address{31: 0x5}
	ClockID         = Address{31: 0x6}
	RandomID        = Address{31: 0x8}
	AddressAliases  = Address{31: 0xa}
	AccumulatorRoot = Address{30: 0xa, 31: 0xcc}
)

// MistPerSUI is how many MIST make one SUI.
const MistPerSUI = 1_000_000_000

// AliasesID returns the id of the object that lists which other addresses may
// sign for an address. It exists when the owner of the address enabled aliases
// (0x2::address_alias).
func AliasesID(a Address) Address {
	return DerivedObjectID(AddressAliases, frameworkType("address_alias", "AliasKey").Tag(), a[:])
}

// SUIType returns 0x2::sui::SUI.
func SUIType() TypeTag { return frameworkType("sui", "SUI").Tag() }

// SUICoinType returns 0x2::coin::Coin<0x2::sui::SUI>.
func SUICoinType() *StructTag { return coinOf(SUIType()) }

// CoinType returns T when t is 0x2::coin::Coin<T>.
func CoinType(t *StructTag) (TypeTag, bool) {
	if t.Address == Framework && t.Module == "coin" && t.Name == "Coin" && len(t.Params) == 1 {
		return t.Params[0], true
	}
	return TypeTag{}, false
}

func coinOf(t TypeTag) *StructTag { return frameworkType("coin", "Coin", t) }

func stakedSuiType() *StructTag {
	return &StructTag{Address: SystemPackage, Module: "staking_pool", Name: "StakedSui"}
}

// balanceFieldOf returns the type of the dynamic field of the accumulator root
// that holds an address balance of T.
func balanceFieldOf(t TypeTag) *StructTag {
	key := frameworkType("accumulator", "Key", frameworkType("balance", "Balance", t).Tag())
	return DynamicFieldType(key.Tag(), frameworkType("accumulator", "U128").Tag())
}

func balanceFieldType(t *StructTag) (TypeTag, bool) {
	if t.Address != Framework || t.Module != "dynamic_field" || len(t.Params) != 2 || t.Params[0].Kind != KindStruct {
		return TypeTag{}, false
	}
	key := t.Params[0].Struct
	if len(key.Params) != 1 || key.Params[0].Kind != KindStruct || len(key.Params[0].Struct.Params) != 1 {
		return TypeTag{}, false
	}
	inner := key.Params[0].Struct.Params[0]
	return inner, t.Equal(balanceFieldOf(inner))
}

// DynamicFieldType returns 0x2::dynamic_field::Field<name, value>.
func DynamicFieldType(name, value TypeTag) *StructTag {
	return frameworkType("dynamic_field", "Field", name, value)
}

func frameworkType(module, name string, params ...TypeTag) *StructTag {
	return &StructTag{Address: Framework, Module: module, Name: name, Params: params}
}
