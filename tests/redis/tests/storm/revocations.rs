use std::time::Duration;

use portcullis::ManualClock;
use portcullis_redis_suite::{Configuration, RedisServer, SUITE, until};

use crate::service::{Service, T0, facts};

const REVOCATIONS: usize = 100_000;
const LOOK_UPS: usize = 1_000_000;
const LIMIT: Duration = Duration::from_secs(120);

async fn until_known(service: &Service, count: usize) {
    let probe = async || Ok((service.known() >= count).then_some(()));
    until("revocations", LIMIT, probe).await.unwrap();
}

#[tokio::test]
async fn none_is_missed_and_none_is_false_though_an_instance_dies_and_comes_back() {
    let server = RedisServer::start_or_skip(Configuration::default()).await;
    let Some(server) = server.unwrap_or_else(|error| panic!("{error}")) else {
        return;
    };
    let clock = ManualClock::at(T0);
    let (one, two, mortal) = (
        Service::start(&server.url(), &clock),
        Service::start(&server.url(), &clock),
        Service::start(&server.url(), &clock),
    );
    let third = REVOCATIONS / 3;
    let storm = async {
        let whole = [one.publish(0..third), two.publish(third..2 * third)];
        mortal.publish(2 * third..2 * third + third / 2).await;
        drop(mortal);
        let back = Service::start(&server.url(), &clock);
        back.publish(2 * third + third / 2..REVOCATIONS).await;
        for told in whole {
            told.await;
        }
        for service in [&one, &two, &back] {
            until_known(service, REVOCATIONS).await;
        }
        back
    };
    let back = SUITE.during("a storm of revocations", storm).await;
    for service in [&one, &two, &back] {
        assert_eq!(service.known(), REVOCATIONS);
    }

    let ended: Vec<_> = (0..REVOCATIONS).map(facts).collect();
    let alive: Vec<_> = (REVOCATIONS..2 * REVOCATIONS).map(facts).collect();
    let rounds = LOOK_UPS / (2 * REVOCATIONS);
    for round in 0..rounds {
        let service = [&one, &two, &back][round % 3];
        let missed = ended.iter().filter(|facts| !service.is_revoked(facts));
        assert_eq!(missed.count(), 0);
        let wrong = alive.iter().filter(|facts| service.is_revoked(facts));
        assert_eq!(wrong.count(), 0);
    }
}
