# Everything that the bot says in English. People read sentences, never codes.

-bot = Atelier

## Telegram's own places

bot-description =
    I paint your photo in the style of any painting. Send me a photo, then a painting – or choose one of mine – and watch the picture paint itself.
bot-short-description = Your photo, painted in the style of any painting.
command-start = Begin
command-help = How it works
command-cancel = Stop what I am painting for you

## Conversation

start =
    Hello{ $name ->
        [none] {""}
       *[other] , { $name }
    }! I paint photos.

    Send me a photo, then a painting whose style you like – or tap one of mine. I take it from there.
help =
    1. Send a photo. Sent as a file it keeps all its pixels.
    2. Send a painting, or tap one of my styles. Photo and painting may also come together as one album: the photo first.
    3. Choose how strong the style shall be, and tap Paint.

    The picture paints itself before your eyes. /cancel stops it at any moment.
ask-style = What a fine picture. Now send me a painting whose style it shall have, or tap one of mine:
ask-photo = Send me a photo first; then we choose its style.
tap-paint = Both pictures are here: tap Paint below them, or send another painting.
ready = Your photo, painted like { $style }. Shall I?
    { $alpha ->
        [photo] Strength: light – your photo, with a touch of the style.
        [painting] Strength: full – almost all style.
       *[balanced] Strength: balanced.
    }
your-painting = the painting you sent
button-photo = Light
button-balanced = Balanced
button-painting = Full
button-colours-painting = 🎨 The painting’s colours
button-colours-mine = 📷 My photo’s colours
button-swap = ⇄ Swap the two
button-reset = ✕ Start over
button-paint = 🖌 Paint
button-cancel = ✕ Stop
button-again = 🔁 Again
button-stronger = + Stronger
button-softer = − Softer
button-other = 🖼 Other style
button-file = 📄 Full-size file
button-retry = 🔁 Try again
started-over = Forgotten. Send me a photo whenever you like.
extra-pictures = I took the first picture as the photo and the second as the painting; the others I left aside.

## A painting on its way

preparing = One moment: I am setting up the canvas …
queued = { $position ->
        [0] You are next.
        [one] One painting is before yours.
       *[other] { $position } paintings are before yours.
    }{ $eta ->
        [none] {""}
       *[other] {" "}It will be done in about { $eta }.
    }
waiting-for-painter = The painter is getting ready. It will start on yours { $position ->
        [0] first.
        [one] after one other.
       *[other] after { $position } others.
    }
painting = { $bar } { $percent } %
    Painting like { $style }{ $eta ->
        [none] {" "}…
       *[other] , about { $eta } to go.
    }
seconds = { $count ->
        [one] a second
       *[other] { $count } seconds
    }
minutes = { $count ->
        [one] a minute
       *[other] { $count } minutes
    }
hours = { $count ->
        [one] an hour
       *[other] { $count } hours
    }
done = Painted like { $style }. { $width } × { $height } pixels in { $time }.
note-photo-smaller-than-size = I never enlarge a photo, so the painting is as small as yours.
note-painting-smaller-than-canvas = The painting you sent is smaller than the canvas; a larger one gives finer strokes.
note-painted-in-tiles = It is larger than my memory, so I painted it piece by piece; that takes longer.
note-painted-by-adam = It is far larger than my memory, so I painted it in a thriftier way.
note-painted-smaller = My memory was too short for the size you asked for, so I painted it smaller.
note-animation-first-frame = One of your pictures moves. I took its first frame.
cancelled = Stopped. Your photo and the painting are still here if you change your mind.
cancelling = Stopping …
cancelled-jobs = { $count ->
        [0] I am not painting anything for you right now.
        [one] I stopped your painting.
       *[other] I stopped your { $count } paintings.
    }
too-late = That one had ended already.
not-yours = Only the person who asked for this painting can do that.
file-gone = I no longer keep this painting’s file. Tap Again and I paint it anew.
already-painted = That one is on its way already.
old-button = This button is from an earlier conversation. Send me a photo to begin anew.

## Errors, by code

error-image-unreadable = I could not read this as an image. JPEG, PNG, WebP, AVIF and HEIC all work.
error-image-truncated = This picture is cut off: it did not arrive whole. Please send it again.
error-image-too-large = This picture is too large for me: 20 MB and 80 megapixels are the most.
error-image-too-small = This picture is too small to paint: each side needs 64 pixels at least.
error-image-too-narrow = This picture is too long and narrow for me: 20 to 1 is the most.
error-image-too-slow = This picture takes me too long to open. Saved anew as a JPEG or PNG, it will work.
error-recipe-invalid = I cannot paint with these settings.
error-preset-unknown = I no longer have this style. Please choose another.
error-too-many-jobs = You have { $limit ->
        [one] one painting
       *[other] { $limit } paintings
    } under way, which is as many as I paint for one person at a time. Please wait for one, or stop one.
error-painting-diverged = This photo and this painting did not come together. Another strength or style will work.
error-out-of-memory = This painting was too large for my memory. A smaller photo will work.
error-worker-lost = My painter was interrupted three times over this one. Please try again, or with another photo.
error-queue-unavailable = My notebook is out of reach for a moment. Nothing is lost: please try again in a minute.
error-storage-full = I have no room left to take this on. Please try again later; your pictures are still here.
error-image-gone = I no longer have that picture. Please send it again.
error-internal = Something went wrong on my side, and it is noted. Please try again.
not-a-picture = I can only paint pictures. Send me a photo, or an image as a file.
