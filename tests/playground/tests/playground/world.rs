use std::sync::OnceLock;

use portcullis_playground_suite::{Browser, Demo, Installation, SUITE, SuiteError};

/// A demo, and a window that was opened by the URL that it printed.
pub(crate) struct World {
    pub(crate) demo: Demo,
    pub(crate) browser: Browser,
    pub(crate) installation: &'static Installation,
}

impl World {
    /// `None`, said aloud, where there is no Chromium.
    pub(crate) async fn open() -> Option<Self> {
        let installation = installation().await?;
        let demo = Demo::start(&SUITE).await.unwrap();
        let browser = Browser::open(installation).await.unwrap();
        browser.go(demo.start_url()).await.unwrap();
        browser.says("#server-state", "runs").await.unwrap();
        Some(Self {
            demo,
            browser,
            installation,
        })
    }

    /// Ends it; nothing must have gone wrong in the console.
    pub(crate) async fn close(self) {
        let console = self.browser.console().await.unwrap();
        assert_eq!(console, Vec::<String>::new(), "the console has something");
        self.browser.close().await.unwrap();
    }

    /// Waits until the lane of a way says this of its last call.
    pub(crate) async fn verdict(&self, way: &str, words: &str) {
        let verdict = format!("[data-way={way}] .verdict");
        self.browser.says(&verdict, words).await.unwrap();
    }

    /// What the lane of a way says of the width of its gap.
    pub(crate) async fn gap(&self, way: &str) -> String {
        let gap = format!("[data-way={way}] .gap-width");
        self.browser.text(&gap).await.unwrap()
    }

    /// What the last call of a way has cost.
    pub(crate) async fn cost(&self, way: &str) -> String {
        let cost = format!("[data-way={way}] .cost");
        self.browser.text(&cost).await.unwrap()
    }
}

/// What is needed; `None`, said aloud, where it is not there.
pub(crate) async fn installation() -> Option<&'static Installation> {
    match Installation::shared().await {
        Ok(installation) => Some(installation),
        Err(SuiteError::Unavailable(reason)) => {
            static SAID: OnceLock<Result<(), String>> = OnceLock::new();
            let said = SAID.get_or_init(|| SUITE.skip(&reason));
            said.as_ref().unwrap_or_else(|line| panic!("{line}"));
            None
        }
        Err(error) => panic!("{error}"),
    }
}
