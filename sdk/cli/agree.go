package cli

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/floe-data/floe/sdk/contract"
	"github.com/floe-data/floe/sdk/dataset"
	"github.com/floe-data/floe/sdk/sui"
)

// consent is what the user agrees to before it is known: flags of commands that
// may pay, or declare something, so that a policy lets the user in.
type consent struct {
	purpose, maxPrice string
	yes               bool
	limit             uint64 // MIST
}

func (c *consent) flags(f *pflag.FlagSet) {
	f.StringVar(&c.purpose, "purpose", "", "what you use the data for, declared on chain if the policy asks for it")
	f.BoolVar(&c.yes, "yes", false, "pay what it costs without asking")
	f.StringVar(&c.maxPrice, "max-price", "", "pay up to this without asking, such as \"5 SUI\"")
}

func (c *consent) read() (err error) {
	if c.maxPrice == "" {
		return nil
	}
	if !strings.HasSuffix(c.maxPrice, "SUI") && !strings.HasSuffix(c.maxPrice, "MIST") {
		return fmt.Errorf("--max-price %q: want an amount in SUI or MIST, such as \"5 SUI\"", c.maxPrice)
	}
	if c.limit, err = dataset.ParsePrice(c.maxPrice); err != nil {
		err = fmt.Errorf("--max-price: %w", err)
	}
	return err
}

// agree says what a plan does, and lets it if it costs nothing but fees, if the
// flags allow it, or if the user says so.
func (a *app) agree(c consent) func(*dataset.Plan) error {
	return func(p *dataset.Plan) error {
		price := contract.Offer{CoinType: sui.SUIType().TypeName(), Price: p.Cost}.Cost()
		a.note("floe: the policy lets you in if you")
		for i, step := range p.Steps {
			a.note("floe:   %d. %s", i+1, step)
		}
		a.note("floe: it costs %s and the network's fees; tried on this machine, it works", price)
		if p.Cost == 0 || c.yes || p.Cost <= c.limit {
			return nil
		}
		if a.Terminal && !a.json {
			fmt.Fprintf(a.Err, "floe: pay %s? [y/N] ", price)
			line, _ := bufio.NewReader(a.In).ReadString('\n')
			if answer := strings.ToLower(strings.TrimSpace(line)); answer == "y" || answer == "yes" {
				return nil
			}
		}
		return &priceError{price, p}
	}
}

// priceError says that the user has not agreed to a price: exit code 3.
type priceError struct {
	price string
	plan  *dataset.Plan
}

func (e *priceError) Error() string {
	return fmt.Sprintf("opening costs %s (%s), and you have not agreed to pay", e.price, strings.Join(e.plan.Steps, ", then "))
}

// Hint says how to agree.
func (e *priceError) Hint() string {
	return fmt.Sprintf("run the same command again with --max-price %q, or with --yes", e.price)
}
