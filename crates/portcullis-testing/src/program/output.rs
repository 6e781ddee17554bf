//! What a program writes, read as it comes: one that nobody reads stops when the pipe is full.

use std::sync::Arc;

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::watch,
};

/// One of the two streams.
#[derive(Debug, Default)]
pub(super) struct Output {
    written: Option<watch::Receiver<Arc<Vec<u8>>>>,
    /// How many bytes were looked at for lines.
    seen: usize,
}

impl Output {
    pub(super) fn of(mut stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let (sender, receiver) = watch::channel(Arc::<Vec<u8>>::default());
        tokio::spawn(async move {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut chunk).await {
                let more = chunk.get(..read).unwrap_or_default();
                sender.send_modify(|written| Arc::make_mut(written).extend_from_slice(more));
            }
        });
        Self {
            written: Some(receiver),
            seen: 0,
        }
    }

    /// What is there by now.
    pub(super) fn text(&self) -> String {
        let written = self
            .written
            .as_ref()
            .map(|written| written.borrow().clone());
        String::from_utf8_lossy(&written.unwrap_or_default()).into_owned()
    }

    /// What follows `beginning` on the next line that begins so; `None` when the stream has ended.
    pub(super) async fn line_after(&mut self, beginning: &str) -> Option<String> {
        loop {
            while let Some(line) = self.next_line() {
                if let Some(rest) = line.strip_prefix(beginning) {
                    return Some(rest.to_owned());
                }
            }
            let ended = self.written.as_mut()?.changed().await.is_err();
            if ended && !self.has_line() {
                return None;
            }
        }
    }

    /// Everything, once the stream has ended.
    pub(super) async fn whole(&mut self) -> String {
        if let Some(written) = &mut self.written {
            while written.changed().await.is_ok() {}
        }
        self.text()
    }

    fn rest(&self) -> Option<Vec<u8>> {
        let written = self.written.as_ref()?.borrow().clone();
        written.get(self.seen..).map(<[u8]>::to_vec)
    }

    fn has_line(&self) -> bool {
        self.rest().is_some_and(|rest| rest.contains(&b'\n'))
    }

    fn next_line(&mut self) -> Option<String> {
        let rest = self.rest()?;
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        self.seen += end + 1;
        let line = rest.get(..end)?;
        Some(
            String::from_utf8_lossy(line)
                .trim_end_matches('\r')
                .to_owned(),
        )
    }
}
