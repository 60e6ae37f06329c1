package stack

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		name, value  string
		listen, dial string
	}{
		{"all interfaces", "0.0.0.0:7402", "0.0.0.0:7402", "127.0.0.1:7402"},
		{"no host", ":7402", ":7402", "127.0.0.1:7402"},
		{"none", "", "127.0.0.1:7499", "127.0.0.1:7499"},
		{"set", "localhost:7500", "localhost:7500", "localhost:7500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := newAddress("IDENTITY_ADDRESS", c.value, "127.0.0.1:7499", false)
			require.NoError(t, err)
			require.Equal(t, c.listen, a.listen())
			require.Equal(t, c.dial, a.dial())
		})
	}
	for _, value := range []string{"7402", "off", "127.0.0.1:"} {
		_, err := newAddress("IDENTITY_ADDRESS", value, "127.0.0.1:7402", false)
		require.EqualError(t, err, `IDENTITY_ADDRESS "`+value+`" is not an address like 127.0.0.1:7402`)
	}
}

func TestAFreePortStaysTheSame(t *testing.T) {
	for _, c := range []struct {
		value string
		free  bool
	}{{"127.0.0.1:0", false}, {"", true}} {
		a, err := newAddress("IDENTITY_ADDRESS", c.value, "127.0.0.1:7402", c.free)
		require.NoError(t, err)
		require.NotEqual(t, "0", a.port)
		require.NotEqual(t, "7402", a.port)
	}
}

func TestATakenPortIsNamedWithItsSetting(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	a, err := newAddress("IDENTITY_ADDRESS", l.Addr().String(), "127.0.0.1:7402", false)
	require.NoError(t, err)
	err = awaitFree(t.Context(), []address{a}, &home{dir: t.TempDir()})
	require.EqualError(t, err, "port "+a.port+" is taken by another program: stop it, or set IDENTITY_ADDRESS to another address")
}
