package lease

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc"

	"devtrail.dev/kit/auth"
	"devtrail.dev/kit/dial"
	migrationsv1 "devtrail.dev/proto/gen/devtrail/migrations/v1"
)

// Times of a keeper whose service does not answer.
const (
	callTimeout    = 5 * time.Second
	releaseTimeout = 2 * time.Second
	// retryInterval is how soon a call that failed is made again.
	retryInterval = 2 * time.Second
)

// Keeper keeps one lease.
type Keeper struct {
	client   migrationsv1.LeaseServiceClient
	conn     *grpc.ClientConn
	instance Instance
	logger   *slog.Logger
}

// Open makes a keeper that speaks to the migrations service at an address with the service's own key. It does not connect. With an empty address
// it keeps nothing. A service without a key, and an address to which a key may not be sent, are errors.
func Open(address string, keys auth.Keys, instance Instance, logger *slog.Logger) (*Keeper, error) {
	k := &Keeper{instance: instance, logger: logger}
	if address == "" {
		return k, nil
	}
	own, err := keys.Own()
	if err != nil {
		return nil, err
	}
	conn, err := dial.New(address, dial.Options{ServiceName: instance.Service, Token: own})
	if err != nil {
		return nil, err
	}
	k.conn, k.client = conn, migrationsv1.NewLeaseServiceClient(conn)
	return k, nil
}

// Run keeps the lease until ctx ends, then gives it back, and returns nil. While the migrations service is away it goes on trying and says so once.
// It is run once.
func (k *Keeper) Run(ctx context.Context) error {
	if k.client == nil {
		return nil
	}
	if k.conn != nil {
		defer k.conn.Close()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	held, away := false, false
	for {
		select {
		case <-ctx.Done():
			if held {
				k.release(context.WithoutCancel(ctx))
			}
			return nil
		case <-timer.C:
		}
		next, err := k.register(ctx)
		switch {
		case err == nil && (away || !held):
			k.logger.InfoContext(ctx, "the migrations service keeps our lease", "instance_id", k.instance.ID, "application_name", k.instance.ApplicationName())
			held, away = true, false
		case err != nil && !away && ctx.Err() == nil:
			k.logger.WarnContext(ctx, "the migrations service does not keep our lease; it is tried again", "instance_id", k.instance.ID, "error", err)
			away = true
		}
		timer.Reset(next)
	}
}

// register calls once and returns when to call again.
func (k *Keeper) register(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	res, err := k.client.RegisterInstance(ctx, &migrationsv1.RegisterInstanceRequest{Instance: instanceToProto(k.instance)})
	if err != nil {
		return retryInterval, err
	}
	// An interval of zero would be a loop without a pause.
	return max(time.Second, res.GetHeartbeatInterval().AsDuration()), nil
}

// release gives the lease back. When that fails it lapses.
func (k *Keeper) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, releaseTimeout)
	defer cancel()
	if _, err := k.client.ReleaseInstance(ctx, &migrationsv1.ReleaseInstanceRequest{InstanceId: k.instance.ID}); err != nil {
		k.logger.InfoContext(ctx, "our lease was not given back; it lapses", "instance_id", k.instance.ID, "error", err)
	}
}
