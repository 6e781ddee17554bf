use std::{cell::RefCell, fmt, sync::OnceLock};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    util::SubscriberInitExt,
};

thread_local! {
    /// What was logged on this thread since somebody began to listen; `None` while nobody does.
    static LINES: RefCell<Option<Vec<LogLine>>> = const { RefCell::new(None) };
}

/// What the library logs on this thread while this is held, unformatted: a value with a line
/// break in it is seen with its line break.
///
/// One subscriber serves all threads: where each test has a default of its own, tracing sometimes
/// loses events of tests that run at the same time, since it remembers per place in the code
/// whether anybody listens.
#[derive(Debug)]
#[non_exhaustive]
pub struct CapturedLog;

/// One event.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// The level.
    pub level: Level,
    /// The message and the values of all fields.
    pub text: String,
}

impl CapturedLog {
    /// Begins to listen.
    #[must_use]
    pub fn start() -> Self {
        static INSTALLED: OnceLock<()> = OnceLock::new();
        INSTALLED.get_or_init(|| Registry::default().with(Recorder).init());
        LINES.replace(Some(Vec::new()));
        Self
    }

    /// Every event so far.
    #[must_use]
    pub fn lines(&self) -> Vec<LogLine> {
        LINES.with_borrow(|lines| lines.clone().unwrap_or_default())
    }
}

impl Drop for CapturedLog {
    fn drop(&mut self) {
        LINES.take();
    }
}

struct Recorder;

impl<S: Subscriber> Layer<S> for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("portcullis")
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let line = LogLine {
            level: *event.metadata().level(),
            text: text.0,
        };
        LINES.with_borrow_mut(|lines| {
            if let Some(lines) = lines {
                lines.push(line);
            }
        });
    }
}

struct Text(String);

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push_str(&format!("{field}={value} "));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{field}={value:?} "));
    }
}
