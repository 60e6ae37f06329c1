// Package catalog reads the objects of a live database into lines that can be compared and fingerprinted: two databases that behave alike
// have the same catalog, whatever their names, object ids and the order in which things were made. Drift and plan stand on it.
package catalog

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"devtrail.dev/services/migrations"
)

// Object is one object of a database.
type Object struct {
	// Kind is table, column, index, constraint, view, function and so on, in lower case.
	Kind string
	// Name is qualified: public.developers, public.developers.email.
	Name string
	// Definition is canonical text: equal definitions mean equal objects.
	Definition string
}

// Catalog is the objects of a database, by kind and name.
type Catalog []Object

// ordered sorts by kind and name; objects of one name (overloaded functions have their arguments in it) go by definition.
func ordered(c Catalog) Catalog {
	slices.SortFunc(c, func(a, b Object) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Definition, b.Definition))
	})
	return c
}

// Fingerprint stands for everything in the catalog.
func (c Catalog) Fingerprint() string {
	h := sha256.New()
	for _, o := range c {
		// %q keeps one field from running into the next.
		fmt.Fprintf(h, "%q %q %q\n", o.Kind, o.Name, o.Definition)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Compare returns what differs, by kind and name.
func Compare(expected, actual Catalog) []migrations.Difference {
	type key struct{ kind, name string }
	wanted := make(map[key]string, len(expected))
	for _, o := range expected {
		wanted[key{o.Kind, o.Name}] = o.Definition
	}
	var found []migrations.Difference
	for _, o := range actual {
		k := key{o.Kind, o.Name}
		definition, ok := wanted[k]
		delete(wanted, k)
		if !ok || definition != o.Definition {
			found = append(found, migrations.Difference{Kind: o.Kind, Object: o.Name, Expected: definition, Actual: o.Definition})
		}
	}
	for k, definition := range wanted {
		found = append(found, migrations.Difference{Kind: k.kind, Object: k.name, Expected: definition})
	}
	slices.SortFunc(found, func(a, b migrations.Difference) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Object, b.Object))
	})
	return found
}
