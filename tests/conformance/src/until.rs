use std::time::Duration;

/// Lets others run until `condition` holds. What has to happen for that must be under way.
///
/// Panics when it has not happened within half a minute.
pub async fn until(condition: impl Fn() -> bool) {
    const LONG: Duration = Duration::from_secs(30);
    let began = std::time::Instant::now();
    while !condition() {
        assert!(began.elapsed() < LONG, "what was waited for never came");
        tokio::task::yield_now().await;
    }
}
