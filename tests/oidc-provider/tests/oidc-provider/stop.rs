//! In place of the file of this name that belongs to the template: nobody stops a service of a test.

#[derive(Clone)]
pub(crate) struct Stop;

impl Stop {
    pub(crate) async fn closed(self) {
        std::future::pending::<()>().await;
    }
}
