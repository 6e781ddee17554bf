//! A window of a Chromium.

use std::{fs, path::Path, time::Duration};

use portcullis_real_servers::{Supervised, free_port, http_client, json, until};
use serde_json::{Value, json};
use thirtyfour::{By, Capabilities, Key, WebDriver, WebElement, error::WebDriverError};

use crate::{Installation, SUITE, SuiteError};

const READY_LIMIT: Duration = Duration::from_secs(30);
/// How long the page may take to show something, on a slow machine that does other things.
const PATIENCE: Duration = Duration::from_secs(30);

/// A window that is driven by a `chromedriver` of its own. Dropping it ends both.
#[derive(Debug)]
pub struct Browser {
    driver: Option<WebDriver>,
    endpoint: String,
    http: reqwest::Client,
    _process: Supervised,
}

impl Browser {
    /// Opens a window of 1280 by 1250 pixels.
    ///
    /// # Errors
    /// When the driver or the browser does not start.
    pub async fn open(installation: &Installation) -> Result<Self, SuiteError> {
        let port = free_port()?;
        let log = SUITE.run_dir()?.join(format!("chromedriver-{port}.log"));
        let mut command = installation.driver();
        command.arg(format!("--port={port}"));
        let mut process = Supervised::spawn("chromedriver", command, &log, &[])?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let http = http_client()?;
        let listening = until("a driver that listens", READY_LIMIT, async || {
            let status = http.get(format!("{endpoint}/status")).send().await;
            Ok(status
                .is_ok_and(|status| status.status().is_success())
                .then_some(()))
        });
        listening.await.map_err(|error| match process.check() {
            Ok(()) => error,
            Err(ended) => ended,
        })?;
        let opening = WebDriver::builder(endpoint.as_str(), capabilities(installation)?)
            .client(http.clone())
            .connect();
        let driver = opening
            .await
            .map_err(|error| failed("opening a window", &error))?;
        let browser = Self {
            driver: Some(driver),
            endpoint,
            http,
            _process: process,
        };
        browser.resize(1280, 1250, false).await?;
        Ok(browser)
    }

    fn driver(&self) -> Result<&WebDriver, SuiteError> {
        self.driver
            .as_ref()
            .ok_or_else(|| trouble("the window is closed"))
    }

    /// Goes to this address.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn go(&self, url: &str) -> Result<(), SuiteError> {
        let went = self.driver()?.goto(url).await;
        went.map_err(|error| failed("going to a page", &error))
    }

    /// Runs a script in the page; what it returns.
    ///
    /// # Errors
    /// When it throws.
    pub async fn run(&self, script: &str) -> Result<Value, SuiteError> {
        let ran = self.driver()?.execute(script, Vec::new()).await;
        let returned = ran.map_err(|error| failed("running a script", &error))?;
        Ok(returned.json().clone())
    }

    /// Clicks on the element of this selector, which a person must be able to click on.
    ///
    /// # Errors
    /// When it cannot be.
    pub async fn click(&self, selector: &str) -> Result<(), SuiteError> {
        let clicked = self.element(selector).await?.click().await;
        clicked.map_err(|error| failed(selector, &error))
    }

    /// Types into the field of this selector, as soon as there is one.
    ///
    /// # Errors
    /// When there is none for half a minute.
    pub async fn type_into(&self, selector: &str, text: &str) -> Result<(), SuiteError> {
        let field = until(selector, PATIENCE, async || {
            Ok(self.element(selector).await.ok())
        })
        .await?;
        let typed = field.send_keys(text).await;
        typed.map_err(|error| failed(selector, &error))
    }

    /// Presses keys, one after another, wherever the focus is.
    ///
    /// # Errors
    /// When the driver does not.
    pub async fn press(&self, keys: &[Key]) -> Result<(), SuiteError> {
        for key in keys {
            let chain = self.driver()?.action_chain().key_down(key.clone());
            let pressed = chain.key_up(key.clone()).perform().await;
            pressed.map_err(|error| failed("pressing a key", &error))?;
        }
        Ok(())
    }

    /// What the element of this selector says.
    ///
    /// # Errors
    /// When there is none.
    pub async fn text(&self, selector: &str) -> Result<String, SuiteError> {
        let text = self.element(selector).await?.text().await;
        text.map_err(|error| failed(selector, &error))
    }

    /// Waits until the element of this selector says something with these words in it.
    ///
    /// # Errors
    /// When it does not for half a minute; the error has what it says instead.
    pub async fn says(&self, selector: &str, words: &str) -> Result<(), SuiteError> {
        let waiting = until(words, PATIENCE, async || {
            let text = self.text(selector).await.unwrap_or_default();
            Ok(text.contains(words).then_some(()))
        });
        let Err(error) = waiting.await else {
            return Ok(());
        };
        let text = self.text(selector).await?;
        Err(trouble(&format!("{selector} says {text:?}: {error}")))
    }

    async fn element(&self, selector: &str) -> Result<WebElement, SuiteError> {
        let found = self.driver()?.find(By::Css(selector)).await;
        found.map_err(|error| failed(selector, &error))
    }

    /// A command of the browser's developer tools.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value, SuiteError> {
        let body = json!({ "cmd": command, "params": parameters });
        self.vendor("goog/cdp/execute", &body).await
    }

    /// What the page has written to the console since the last time, refused and failed requests and
    /// violations of its policy included.
    ///
    /// # Errors
    /// When the driver does not tell.
    pub async fn console(&self) -> Result<Vec<String>, SuiteError> {
        let entries = self.vendor("se/log", &json!({ "type": "browser" })).await?;
        let entries = entries.as_array().cloned().unwrap_or_default();
        Ok(entries.iter().map(Value::to_string).collect())
    }

    /// What the driver has beyond its standard.
    async fn vendor(&self, path: &str, body: &Value) -> Result<Value, SuiteError> {
        let session = self.driver()?.session_id();
        let url = format!("{}/session/{session}/{path}", self.endpoint);
        let sent = self.http.post(url).json(body).send().await;
        let answer = json(path, sent.map_err(SuiteError::http(path))?).await?;
        Ok(answer.get("value").cloned().unwrap_or_default())
    }

    /// Makes the page this large; of a phone if `is_phone`.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn resize(&self, width: u32, height: u32, is_phone: bool) -> Result<(), SuiteError> {
        let size = json!({
            "width": width,
            "height": height,
            "deviceScaleFactor": 1,
            "mobile": is_phone,
        });
        let resized = self.devtools("Emulation.setDeviceMetricsOverride", size);
        resized.await.map(|_| ())
    }

    /// Has the person prefer this, as in `prefers-color-scheme: dark`.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn prefer(&self, preferences: &[(&str, &str)]) -> Result<(), SuiteError> {
        let features: Vec<_> = preferences
            .iter()
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        let told = self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
        told.await.map(|_| ())
    }

    /// Writes what is to be seen into a file (PNG).
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn picture(&self, file: &Path) -> Result<(), SuiteError> {
        let png = self.driver()?.screenshot_as_png().await;
        let png = png.map_err(|error| failed("taking a picture", &error))?;
        fs::write(file, png).map_err(SuiteError::file("writing", file))
    }

    /// Closes the window.
    ///
    /// # Errors
    /// When the driver does not.
    pub async fn close(mut self) -> Result<(), SuiteError> {
        match self.driver.take() {
            Some(driver) => driver
                .quit()
                .await
                .map_err(|error| failed("closing the window", &error)),
            None => Ok(()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The process ends with its whole group; to be asked to close first would block this thread.
        if let Some(driver) = self.driver.take() {
            let _ = driver.leak();
        }
    }
}

fn capabilities(installation: &Installation) -> Result<Capabilities, SuiteError> {
    let options = json!({
        "binary": installation.browser(),
        "args": [
            "--headless=new",
            // As root, as in a container, there is no sandbox.
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
            "--lang=en-US",
        ],
    });
    let mut capabilities = Capabilities::new();
    for (name, value) in [
        ("browserName", json!("chrome")),
        ("goog:chromeOptions", options),
        ("goog:loggingPrefs", json!({ "browser": "ALL" })),
    ] {
        let set = capabilities.set(name, value);
        set.map_err(|error| failed(name, &error))?;
    }
    Ok(capabilities)
}

fn failed(doing: &str, error: &WebDriverError) -> SuiteError {
    trouble(&format!("{doing}: {error}"))
}

fn trouble(problem: &str) -> SuiteError {
    SuiteError::Program {
        program: "chromium".to_owned(),
        problem: problem.to_owned(),
        tail: String::new(),
    }
}
