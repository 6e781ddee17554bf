use portcullis_bench::Failure;

use crate::{
    measured::Measured,
    report::Figure,
    side_by_side::{OURS, best_peer, group, middle, of_pairs, over_no_op},
};

impl Measured {
    /// What is to be reached, and what was.
    pub(crate) fn figures(&self) -> Result<Vec<Figure>, Failure> {
        let mut figures = vec![
            self.known_token()?,
            self.first_sight("first-sight-rs256", 1.25)?,
            self.first_sight("first-sight-es256", 1.12)?,
            self.first_sight("first-sight-eddsa", 1.12)?,
            self.introspection_hit()?,
            self.require_active()?,
            self.allocations()?,
            self.throughput()?,
            self.memory_per_token()?,
            self.growth()?,
        ];
        figures.extend(self.behind_nginx());
        Ok(figures)
    }

    /// Where there was no nginx, the report says so among what could not be measured.
    fn behind_nginx(&self) -> Option<Figure> {
        let rounds = group(&self.gateway, "nginx").ok()?;
        let value = of_pairs(rounds, "auth_request", "bare", |a, b| a / b).ok()?;
        let unit = "of nginx' requests without `auth_request`";
        let figure = Figure::new("gateway-nginx", unit, value);
        Some(figure.limit(1.0).goal("none: it is told", true))
    }

    fn known_token(&self) -> Result<Figure, Failure> {
        let rounds = group(&self.peers, "known-token")?;
        let value = over_no_op(rounds, OURS)?;
        let peer = best_peer(rounds, true)?;
        let met = value <= 0.5 && peer.1 >= 35.0 * value;
        Ok(Figure::new("known-token", "µs over a no-op layer", value)
            .limit(middle(rounds, "no-op")? / 1000.0)
            .beside(peer)
            .goal("≤ 0.5, and the best peer at least 35 times that", met))
    }

    fn first_sight(&self, id: &str, most: f64) -> Result<Figure, Failure> {
        let layer = group(&self.peers, &format!("{id}-layer"))?;
        let value = over_no_op(layer, OURS)?;
        let limit = middle(layer, "raw")? / 1000.0;
        let met = value <= most * limit;
        let goal = format!("≤ {most} × the limit, raw verification; the peer reads a type, too");
        Ok(Figure::new(id, "µs over a no-op layer", value)
            .limit(limit)
            .beside(best_peer(group(&self.peers, id)?, true)?)
            .goal(&goal, met))
    }

    fn introspection_hit(&self) -> Result<Figure, Failure> {
        let rounds = group(&self.peers, "introspection-hit")?;
        let value = over_no_op(rounds, OURS)?;
        let met = value <= 1.2;
        Ok(
            Figure::new("introspection-hit", "µs over a no-op layer", value)
                .limit(middle(rounds, "no-op")? / 1000.0)
                .beside(best_peer(rounds, true)?)
                .goal("≤ 1.2", met),
        )
    }

    fn require_active(&self) -> Result<Figure, Failure> {
        let rounds = group(&self.peers, "require-active")?;
        let ratio = of_pairs(rounds, OURS, "bare call", |a, b| a / b)?;
        let own = over_no_op(group(&self.peers, "require-active-own")?, OURS)?;
        let met = ratio <= 1.05 || own <= 10.0;
        Ok(
            Figure::new("require-active", "µs", middle(rounds, OURS)? / 1000.0)
                .limit(middle(rounds, "bare call")? / 1000.0)
                .goal(
                    &format!(
                        "≤ 1.05 × the limit, a bare call, or ≤ 10 µs of our own: {own:.1} where the server \
                         answers at once and says nothing new"
                    ),
                    met,
                ),
        )
    }

    fn allocations(&self) -> Result<Figure, Failure> {
        let counted = group(&self.allocations, "allocations")?;
        let over = |case| of_pairs(counted, case, "no-op", |a, b| a - b);
        let (value, limit) = (over(OURS)?, over("one extension")?);
        let (peer, count) = best_peer(counted, false)?;
        let peer = (peer, count - middle(counted, "no-op")?);
        Ok(Figure::new("allocations", "over a no-op layer", value)
            .limit(limit)
            .beside(peer)
            .goal("no more than the limit, one extension", value <= limit))
    }

    fn throughput(&self) -> Result<Figure, Failure> {
        let share = |way: &str| {
            let rounds = group(&self.load, &format!("http {way}"))?;
            of_pairs(rounds, "with", "bare", |a, b| a / b)
        };
        let value = share("local")?;
        let peers = ["tower-oauth2-resource-server", "oauth-resource-server"];
        let best = peers
            .into_iter()
            .filter_map(|peer| Some((peer.to_owned(), share(peer).ok()?)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        let figure = Figure::new("http-throughput", "of the bare route's requests", value);
        let figure = match best {
            Some(best) => figure.beside(best),
            None => figure,
        };
        Ok(figure.limit(1.0).goal("≥ 0.95", value >= 0.95))
    }

    fn memory_per_token(&self) -> Result<Figure, Failure> {
        let counted = group(&self.memory, "memory")?;
        let value = middle(counted, "bytes per token")?;
        let (held, limit) = (middle(counted, "bytes held")?, middle(counted, "limit")?);
        // Where nothing is kept there is nothing to be proud of.
        let met = value > 0.0 && value <= 1536.0 && held <= limit;
        let goal = format!(
            "≤ 1,536, and a million tokens within the limit that is set ({:.1} of {:.1} MiB)",
            held / MEBIBYTE,
            limit / MEBIBYTE
        );
        Ok(Figure::new("memory-per-token", "bytes", value)
            .limit(middle(counted, "bytes of claims")?)
            .goal(&goal, met))
    }

    fn growth(&self) -> Result<Figure, Failure> {
        let rounds = group(&self.growth, "growth")?;
        let (many, one) = ("many tokens, many revocations", "1 token, 1 revocation");
        let value = of_pairs(rounds, many, one, |a, b| a / b)?;
        Ok(Figure::new(
            "growth",
            "times the request of one token and one revocation",
            value,
        )
        .limit(1.0)
        .goal("≤ 1.5 with 10⁶ tokens and 10⁶ revocations", value <= 1.5))
    }
}

const MEBIBYTE: f64 = 1024.0 * 1024.0;
