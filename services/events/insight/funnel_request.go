package insight

// FunnelView is what is shown of a funnel; the numbers are those of the contract.
type FunnelView uint8

// How many reached each step; by the time at which they started; how long they took.
const (
	FunnelSteps FunnelView = iota + 1
	FunnelTrends
	TimeToConvert
)

// FunnelRequest asks how many actors take steps one after the other.
type FunnelRequest struct {
	Audience
	Period                      // an interval is for FunnelTrends alone
	Steps           []Matcher   // 1 to 20
	Order           Order       // the zero value is Ordered
	Window          Window      // the zero value is 14 days; Zone is the period's
	Exclusions      []Exclusion // at most 20
	Breakdown       *Breakdown
	Attribution     Attribution // the zero value is FirstTouch
	AttributionStep int
	View            FunnelView // the zero value is FunnelSteps
	FromStep        *int       // nil is the first
	ToStep          *int       // nil is the last
	BinCount        int        // of TimeToConvert; 0 chooses by the number of actors
	CountsOnly      bool       // of FunnelSteps: no conversion times, which some stores count much faster
}
