package catalog

import "devtrail.dev/kit/fault"

// The rules of the catalog. Their reasons are part of the contract: clients branch on them.
var (
	ErrItemNotFound = fault.New(fault.NotFound, "CATALOG_ITEM_NOT_FOUND", "the catalog has no such item")
	ErrItemChanged  = fault.New(fault.Conflict, "CATALOG_ITEM_CHANGED", "the item was changed by somebody else: read it again")
	ErrItemInUse    = fault.New(fault.State, "CATALOG_ITEM_IN_USE", "the item is used by others")
	ErrItemLimit    = fault.New(fault.Exhausted, "CATALOG_LIMIT_REACHED", "the organization has as many items as it may have")
	ErrCycle        = fault.New(fault.Invalid, "CATALOG_CYCLE", "the definition would use itself")
	ErrMaskInvalid  = fault.New(fault.Invalid, "UPDATE_MASK_INVALID", "the update mask is not valid")
	ErrNotPromoted  = fault.New(fault.NotFound, "PROPERTY_NOT_PROMOTED", "the property is not promoted")
	ErrNameTaken    = fault.New(fault.Exists, "CATALOG_NAME_TAKEN", "an item of this kind has the name already")
	// ErrPromotionLimit says that all columns for promoted properties are in use.
	ErrPromotionLimit = fault.New(fault.Exhausted, "PROMOTION_LIMIT_REACHED", "the organization has as many promoted properties as it may have")
)
