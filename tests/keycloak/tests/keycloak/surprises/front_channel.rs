//! Front-channel logout: a client that has it on is told of no end by the back channel, whoever ends
//! the session.

use portcullis_keycloak_suite::Browser;
use serde_json::json;

use super::scene::{Scene, sid_of};
use crate::environment::run;

/// How a session ends.
#[derive(Debug, Clone, Copy)]
enum End {
    InTheBrowser,
    ByRefreshToken,
    OfUserByAdmin,
    OfSessionByAdmin,
}

#[test]
fn with_front_channel_logout_on_no_end_is_told_by_the_back_channel() {
    run(async |env| {
        let scene = Scene::set(env, "front-channel").await;
        let url = "http://127.0.0.1:3000/front-channel-logout";
        for (is_on, notices) in [(false, 1), (true, 0)] {
            let changes = json!({
                "standardFlowEnabled": true,
                "redirectUris": ["http://127.0.0.1:3000/*"],
                "frontchannelLogout": is_on,
                "attributes": {"frontchannel.logout.url": url},
            });
            let id = scene.front_end.id;
            scene.admin.patch_client(id, &changes).await.unwrap();
            for end in [
                End::InTheBrowser,
                End::ByRefreshToken,
                End::OfUserByAdmin,
                End::OfSessionByAdmin,
            ] {
                let mut browser = Browser::new(scene.shop, &scene.user).unwrap();
                let tokens = browser.visit(scene.front_end, "openid").await.unwrap();
                match end {
                    End::InTheBrowser => {
                        let id_token = tokens.id.as_deref().unwrap();
                        let page = browser.log_out(id_token).await.unwrap();
                        assert_eq!(page.contains(url), is_on, "{page}");
                    }
                    End::ByRefreshToken => scene.log_out(&tokens).await,
                    End::OfUserByAdmin => scene.admin.log_out(&scene.user).await.unwrap(),
                    End::OfSessionByAdmin => {
                        let sid = sid_of(&tokens.access);
                        scene.admin.delete_session(&sid).await.unwrap();
                    }
                }
                let came = scene.receiver.messages().await;
                assert_eq!(came.len(), notices, "{end:?}, on: {is_on}");
                scene.assert_active(&tokens.access, false).await;
            }
        }
    });
}
