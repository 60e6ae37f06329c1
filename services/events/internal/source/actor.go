package source

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"devtrail.dev/kit/git"
	"devtrail.dev/services/events"
)

// The kinds of identities that adapters name; the numbers are those of the contract.
const (
	GitEmail         events.IdentityKind = 1
	GitHubAccount    events.IdentityKind = 2
	GitLabAccount    events.IdentityKind = 3
	BitbucketAccount events.IdentityKind = 4
	Login            events.IdentityKind = 5
)

// maxActorName is the longest name of an actor, in characters.
const maxActorName = 200

// Actor is somebody as a source knows her. The zero value is nobody.
type Actor struct {
	Identity events.Identity
	// Name is what people call her, or her login.
	Name string
	// Login is her account's present name.
	Login string
	// Bot is set for accounts of programs.
	Bot bool
}

// Named returns the actor with the first of some names that is one, and marks programs by it.
func (a Actor) Named(login string, names ...string) Actor {
	a.Login = git.Plain(login, maxActorName)
	for _, name := range append(names, login) {
		if a.Name = git.Plain(name, maxActorName); a.Name != "" {
			break
		}
	}
	a.Bot = a.Bot || IsBot(a.Login)
	return a
}

// IsBot tells whether a login is that of a program, as providers mark them.
func IsBot(login string) bool { return strings.HasSuffix(login, "[bot]") }

// Account is the identity of an account by its number; nobody when there is none.
func Account(kind events.IdentityKind, id int64) events.Identity {
	if id <= 0 {
		return events.Identity{}
	}
	return events.Identity{Kind: kind, Value: strconv.FormatInt(id, 10)}
}

// LoginAt is the identity of a login at a host; nobody when either is missing or it cannot be one.
func LoginAt(host, login string) events.Identity {
	value := host + "/" + login
	switch {
	case host == "" || login == "" || strings.ContainsRune(login, '/'):
		return events.Identity{}
	case strings.ContainsFunc(value, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), !utf8.ValidString(value),
		utf8.RuneCountInString(value) > events.MaxIdentityLength:
		return events.Identity{}
	}
	return events.Identity{Kind: Login, Value: value}
}

// Email is the identity of an address in a commit. An address that a provider blanked names nobody.
func Email(address string) events.Identity {
	value := git.Plain(address, events.MaxIdentityLength+1)
	switch {
	case value == "" || utf8.RuneCountInString(value) > events.MaxIdentityLength:
		return events.Identity{}
	case strings.EqualFold(strings.Trim(value, "[]<> "), "redacted"):
		return events.Identity{}
	}
	return events.Identity{Kind: GitEmail, Value: value}
}

// Author reads the author of a commit: an address, the weaker identity, since anybody may write any.
func Author(author Value) Actor {
	return Actor{Identity: Email(author.At("email").Text())}.Named(First(author.At("username"), author.At("login")).Text(), author.At("name").Text()).Written()
}

// Written returns the actor as a commit names her, who may have an account at another provider or none: programs are marked in the name or the address.
func (a Actor) Written() Actor {
	a.Bot = a.Bot || IsBot(a.Name) || strings.Contains(a.Identity.Value, "[bot]@")
	return a
}
