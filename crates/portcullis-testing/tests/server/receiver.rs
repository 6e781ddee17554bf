//! A receiver of what the server pushes: a second server, whose unknown paths record and answer.

use portcullis_testing::{
    Answer, AuthorizationServer, Client, Endpoint, Fault, Gate, HoldPoint, RecordedRequest,
};

pub(crate) struct Receiver {
    pub(crate) server: AuthorizationServer,
}

impl Receiver {
    /// Answers 200 to whatever is sent.
    pub(crate) async fn start() -> Self {
        let receiver = Self {
            server: AuthorizationServer::start().await.unwrap(),
        };
        receiver.answers(Fault::answer(Answer::new(200)));
        receiver
    }

    /// From now on, this.
    pub(crate) fn answers(&self, fault: Fault) {
        self.server.clear_faults(Endpoint::Other);
        self.server.inject(Endpoint::Other, fault);
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.origin())
    }

    /// A client that is told of logouts here, at a path of its own name.
    pub(crate) fn client(&self, id: &str) -> Client {
        Client::new(id, "secret").backchannel_logout(self.url(&format!("/{id}")))
    }

    pub(crate) fn hold(&self) -> Gate {
        self.server.hold(Endpoint::Other, HoldPoint::BeforeAnswer)
    }

    pub(crate) async fn wait_for(&self, count: usize) {
        self.server.wait_for_requests(Endpoint::Other, count).await;
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.server.requests(Endpoint::Other)
    }

    pub(crate) fn targets(&self) -> Vec<String> {
        let requests = self.requests();
        requests.into_iter().map(|request| request.target).collect()
    }

    /// The logout tokens that came, oldest first.
    pub(crate) fn logout_tokens(&self) -> Vec<String> {
        let requests = self.requests();
        let tokens = requests
            .iter()
            .map(|request| request.form_value("logout_token").unwrap());
        tokens.collect()
    }
}
