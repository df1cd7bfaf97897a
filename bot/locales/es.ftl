# Todo lo que el bot dice en español. La gente lee frases, nunca códigos.

-bot = Atelier

## Los lugares propios de Telegram

bot-description =
    Pinto tu foto al estilo de cualquier cuadro. Envíame una foto y luego un cuadro, o elige uno de los míos, y mira cómo la imagen se pinta sola.
bot-short-description = Tu foto, pintada al estilo de cualquier cuadro.
language-name = Español
command-start = Empezar
command-paint = Pintar la imagen a la que respondes
command-styles = Todos los estilos, y los tuyos
command-status = Cómo van tus cuadros
command-cancel = Detener lo que estoy pintando para ti
command-settings = Cómo te gustan tus cuadros
command-language = Elegir idioma
command-help = Cómo funciona
command-privacy = Qué guardo y por cuánto tiempo
command-forget = Borrar todo lo tuyo
command-stats = Cifras
command-broadcast = Decirles algo a todos
command-ban = Dejar fuera a alguien
command-unban = Dejar entrar de nuevo a alguien
command-drain = No empezar más cuadros
command-resume = Volver a pintar

## Conversación

start =
    ¡Hola{ $name ->
        [none] {""}
       *[other] , { $name }
    }! Yo pinto fotos.

    Envíame una foto y elige un estilo. También puedes elegirlo aquí primero, o enviarme cualquier cuadro que te guste.
help =
    1. Envía una foto. Si la envías como archivo, conserva todos sus píxeles.
    2. Toca un estilo debajo de la foto y empiezo a pintar. También puedes escribir el nombre del estilo en el texto de la foto, o enviar un cuadro o un sticker como estilo. Todos los estilos: /styles.
    3. «⚙ Ajustar» cambia la fuerza, los colores, el tamaño y más. Tus preferencias están en /settings.

    La imagen se pinta ante tus ojos. /cancel la detiene cuando quieras y /status te dice cómo va. Responde a cualquier imagen con un cuadro o con el nombre de un estilo para pintar esa.
privacy =
    Qué guardo y por cuánto tiempo:

    • Tus fotos y los cuadros que envías: solo hasta terminar el tuyo. Telegram guarda lo que enviaste; yo, una referencia.
    • Los cuadros terminados, sus películas y sus ajustes: unos días más después de la entrega, para el archivo y los botones de debajo.
    • Tu idioma, tus ajustes, los estilos que guardas y lo que ibas a pintar: hasta que digas /forget.

    Nadie más ve nada de esto, y nada aprende de ello. /forget lo borra todo de una vez. Solo si un admin deja fuera a alguien queda el número de esa persona.
ask-style = Elige un estilo y empiezo a pintar. También puedes enviarme un cuadro que te guste.
ask-blend = ¿Y qué cuadro le mezclo? Envíame uno, o toca uno de los míos:
gallery = Estos son mis estilos. Toca uno, o envíame cualquier cuadro que te guste.
my-styles = Los estilos que guardas. Toca uno para pintar con él.
no-styles-yet = Todavía no guardas ningún estilo. Envíame una foto y un cuadro; debajo verás un botón para guardar el cuadro.
no-such-style = Ahora mismo no tengo ese estilo. Elige otro, por favor.
style-chosen = Buena elección: { $style }. Ahora envíame la foto.
send-a-photo = Envíame una foto, o una imagen como archivo, y la pinto.
first-frame = Esa imagen se mueve. Tomo el primer fotograma.
name-it = ¿Cómo llamamos a este estilo? Escríbeme su nombre.
style-kept = Guardado como «{ $name }». Lo encuentras en /styles, o escribe su nombre en el texto de una foto.
style-gone = Ya no lo guardo.
too-many-styles = Ya guardas { $most } estilos. Quita uno primero: /styles.
nothing-to-keep = Ya no queda nada que guardar. Envíame otra vez la foto y el cuadro.
tap-paint = Ya están las dos imágenes: toca «Pintar» debajo de ellas, o envía otro cuadro.
ready = ¿Pinto esta foto al estilo de { $style }?
adjust = Estilo: { $style }
counter-live = { $count ->
        [one] Tienes un cuadro en marcha; puedes tener { $limit } a la vez.
       *[other] Tienes { $count } cuadros en marcha; puedes tener { $limit } a la vez.
    }
counter-today = { $count ->
        [0] Cuadros que puedes pedir en 24 horas: { $limit }.
       *[other] Cuadros en 24 horas: llevas { $count } de { $limit }.
    }
your-paintings = { $count ->
        [one] tu cuadro
       *[other] tus { $count } cuadros
    }
lost-style = un estilo que ya no está
work = «{ $title }»{ $artist ->
        [none] {""}
       *[other] , de { $artist }
    }{ $year ->
        [none] {""}
       *[other] , { $year }
    }
credit = Inspirado en { $work }{ $owner ->
        [none] {""}
       *[other] . { $owner }
    }
share = Haz que pinten tu foto al estilo de { $style }
button-strength-photo = Fuerza ●○○
button-strength-balanced = Fuerza ●●○
button-strength-painting = Fuerza ●●●
button-colours-painting = ○ Colores de la foto
button-colours-mine = ✓ Colores de la foto
button-stroke-fine = Trazo ●○○
button-stroke-medium = Trazo ●●○
button-stroke-broad = Trazo ●●●
button-faces-keep = ✓ Caras reconocibles
button-faces-paint = ○ Caras reconocibles
button-quality-draft = Calidad ●○○
button-quality-normal = Calidad ●●○
button-quality-fine = Calidad ●●●
button-size = ⤢ { $size }{ $time ->
        [none] {""}
       *[other] {" "}· unos { $time }
    }
size-384 = Pequeño
size-512 = Mediano
size-768 = Grande
size-1024 = Muy grande
size-1536 = Enorme
size-2048 = Póster
size-pixels = { $size } px
brief-seconds = { $count } s
brief-minutes = { $count } min
button-swap = ⇄ Intercambiar
button-new-photo = 📷 Foto nueva
button-blend = ➕ Mezclar
button-keep = ⭐ Guardar
button-paint = 🖌 Pintar
button-surprise = 🎲 Sorpréndeme
button-last = ↺ Como antes
button-mine = ⭐ Los míos
button-gallery = 🖼 Todos los estilos
button-back = ‹ Volver
button-let-go = ✕ Quitar
button-cancel = ✕ Detener
button-cancel-number = ✕ Detener { $number }
button-again = 🔁 Otra vez
button-stronger = + Más fuerte
button-softer = − Más suave
button-other = 🖼 Otro estilo
button-adjust = ⚙ Ajustar
button-more = Más…
button-bigger = ⤢ Más grande
button-compare = ↔ Comparar
button-file = 📄 Archivo
button-film = 🎬 Película
button-next = ➜ Pintar encima
button-share = ↗ Compartir
button-delete = 🗑 Borrar
button-erase = 🗑 Borrar
button-retry = 🔁 Reintentar
started-over = Olvidado. Envíame una foto cuando quieras.
extra-pictures = La primera imagen es la foto y, de las siguientes, mezclo hasta { $most } cuadros; las demás las dejé a un lado.
painting-each = Estoy pintando las { $count } fotos.
painting-some = Estoy pintando { $count } de { $all } fotos.
photo-put-aside = He dejado aparte tu foto anterior. Para pintarla, respóndele con un estilo.
photo-waits = La última foto que enviaste sigue esperando un estilo.
no-style-by-name = No conozco ningún estilo llamado «{ $name }». ¿Querías decir uno de estos?

## Lo de cada persona

status = { $count ->
        [0] Ahora mismo no estoy pintando nada para ti.
        [one] Tengo un cuadro tuyo entre manos; puedes tener { $limit } a la vez.
       *[other] Tengo { $count } cuadros tuyos entre manos; puedes tener { $limit } a la vez.
    }
status-running = Al estilo de { $style }: { $percent } % pintado{ $eta ->
        [none] {""}
       *[other] , listo en más o menos { $eta }
    }.
status-queued = Al estilo de { $style }: { $position ->
        [0] es el siguiente
        [one] hay un cuadro antes
       *[other] hay { $position } cuadros antes
    }{ $eta ->
        [none] {""}
       *[other] , listo en más o menos { $eta }
    }.
settings = Así pinto para ti, salvo que digas otra cosa:
recipe = { $strength ->
        [photo] Suave
        [painting] Máxima
       *[balanced] Equilibrada
    } · { $colours ->
        [mine] colores de la foto
       *[painting] colores del cuadro
    } · { $stroke ->
        [fine] trazo fino
        [broad] trazo grueso
       *[medium] trazo medio
    }{ $faces ->
        [paint] {" "}· caras a pinceladas
       *[keep] {""}
    } · { $quality ->
        [draft] boceto rápido
        [fine] máxima calidad
       *[normal] buena calidad
    } · tamaño { $size }
language = ¿En qué idioma te hablo?
button-as-telegram = Como en Telegram
forget = ¿Borro todo lo tuyo: cuadros, estilos guardados y ajustes? Lo que estoy pintando para ti se detiene. Esto no se puede deshacer.
button-forget = 🗑 Borrar todo
button-keep-all = Conservar
not-forgotten = No se borró nada.
forgotten = Borrado: { $count ->
        [0] ningún cuadro
        [one] un cuadro
       *[other] { $count } cuadros
    }, tus estilos, tus ajustes y tu idioma. Miré de nuevo: { $left ->
        [0] aquí no queda nada tuyo.
        [one] aquí queda una cosa. Envía /forget una vez más, por favor.
       *[other] aquí quedan { $left } cosas. Envía /forget una vez más, por favor.
    } Los mensajes de este chat los borras tú.
stopped-and-forgotten = Detenido y olvidado.

## Para admins

stats =
    Personas: { $people }
    En espera: { $queued }, pintando: { $running }, pintores: { $workers }
    Último día. Terminados: { $done }, fallidos: { $failed }, detenidos: { $cancelled }, para { $owners ->
        [one] una persona
        [many] { $owners } de personas
       *[other] { $owners } personas
    }
    { $seconds ->
        [none] No se pintó nada.
       *[other] Tiempo por cuadro: { $seconds }.
    }
drained = No empiezo más cuadros; los que están en marcha llegan a su fin. Con /resume vuelvo a pintar.
resumed = Vuelvo a pintar.
broadcast-what = Escribe después del comando lo que quieres decirles a todos: /broadcast ¡Buenos días!
broadcast-sure = ¿Se lo digo a { $count ->
        [one] una persona
        [many] { $count } de personas
       *[other] { $count } personas
    }?
button-tell-all = 📣 Decírselo
button-tell-none = ✕ Mejor no
broadcast-begun = Se lo estoy diciendo a todos.
broadcast-over = Ya está dicho. Les llegó: { $told }; ya no estaban: { $gone }.
not-broadcast = No se lo dije a nadie.
ban-whom = ¿A quién? Responde a un mensaje de esa persona o escribe su número después del comando. A los admins no se los puede dejar fuera.
banned = { $person } queda fuera.
unbanned = { $person } puede volver a entrar.

## Un cuadro en camino

preparing = Un momento: estoy preparando el lienzo…
queued = { $position ->
        [0] El siguiente es el tuyo.
        [one] Hay un cuadro antes del tuyo.
       *[other] Hay { $position } cuadros antes del tuyo.
    }{ $eta ->
        [none] {""}
       *[other] {" "}Estará listo en más o menos { $eta }.
    }
waiting-for-painter = El pintor se está preparando. Empezará { $position ->
        [0] por el tuyo.
        [one] el tuyo después de otro cuadro.
       *[other] el tuyo después de otros { $position }.
    }
painting = { $bar } { $percent } %
    Pintando al estilo de { $style }{ $eta ->
        [none] …
       *[other] , listo en más o menos { $eta }.
    }
seconds = { $count ->
        [one] un segundo
       *[other] { $count } segundos
    }
minutes = { $count ->
        [one] un minuto
       *[other] { $count } minutos
    }
hours = { $count ->
        [one] una hora
       *[other] { $count } horas
    }
card = Tu foto, al estilo de { $style }.
done = Al estilo de { $style } · { $time }
pixels = { $width } × { $height } píxeles
note-eased = Hay mucha gente esperando, así que lo pinté más pequeño que los { $asked } que pediste. Toca «Más grande» cuando haya más calma.
note-photo-smaller-than-size = Nunca agrando una foto, así que el cuadro es tan pequeño como la tuya.
note-painting-smaller-than-canvas = El cuadro que enviaste es más pequeño que el lienzo; uno mayor da trazos más finos.
note-painted-in-tiles = No cabe entero en mi memoria, así que lo pinté por partes; eso lleva más tiempo.
note-painted-by-adam = Es mucho más grande que mi memoria, así que lo pinté de una manera más ahorrativa.
note-painted-smaller = El tamaño que pediste no me cabía en la memoria, así que lo pinté más pequeño.
note-animation-first-frame = Una de tus imágenes se mueve. Tomé el primer fotograma.
cancelled = Detenido. Tu foto y el cuadro siguen aquí por si cambias de idea.
cancelling = Deteniendo…
cancelled-jobs = { $count ->
        [0] Ahora mismo no estoy pintando nada para ti.
        [one] Detuve tu cuadro.
       *[other] Detuve tus { $count } cuadros.
    }
too-late = Ese ya había terminado.
not-yours = Eso solo puede hacerlo quien pidió este cuadro.
file-gone = Ya no guardo el archivo de este cuadro. Toca «Otra vez» y lo pinto de nuevo.
film-gone = No tengo película de este cuadro.
delete-sure = ¿Borrar este cuadro? No se puede deshacer.
deleted = Borrado.
no-stronger = Más fuerte ya no puede ser.
no-softer = Más suave ya no puede ser.
no-bigger = Este es el tamaño más grande.
already-painted = Ese ya está en camino.
old-button = Este botón es de una conversación anterior. Envíame una foto para empezar de nuevo.

## Errores, por código

error-image-unreadable = No pude leer esto como imagen. JPEG, PNG, WebP, AVIF y HEIC me sirven todos.
error-image-truncated = Esta imagen está cortada: no llegó entera. Envíala otra vez, por favor.
error-image-too-large = Esta imagen es demasiado grande para mí: 20 MB y 80 megapíxeles como máximo, y menos en algunos formatos. Guardada como JPEG quizá funcione.
error-image-too-small = Esta imagen es demasiado pequeña para pintarla: cada lado necesita al menos 64 píxeles.
error-image-too-narrow = Esta imagen es demasiado larga y estrecha para mí: 20 a 1 como máximo.
error-image-too-slow = Tardo demasiado en abrir esta imagen. Guardada de nuevo como JPEG o PNG, funcionará.
error-recipe-invalid = No puedo pintar con estos ajustes.
error-preset-unknown = Ya no tengo este estilo. Elige otro, por favor.
error-too-many-today = En 24 horas ya tuviste { $limit ->
        [one] tu cuadro
       *[other] tus { $limit } cuadros
    }, que es lo que pinto para cada persona. Habrá sitio para el próximo en { $hours ->
        [one] una hora
       *[other] { $hours } horas
    }.
error-too-many-jobs = Tienes { $limit ->
        [one] un cuadro
       *[other] { $limit } cuadros
    } en marcha, que es lo que pinto a la vez para cada persona. Espera a que termine alguno, o detén uno.
error-painting-diverged = Esta foto y este cuadro no se llevaron bien. Con otra fuerza u otro estilo saldrá.
error-out-of-memory = Este cuadro era demasiado grande para mi memoria. Con una foto más pequeña saldrá.
error-worker-lost = A mi pintor lo interrumpieron tres veces con este cuadro. Inténtalo de nuevo, o con otra foto.
error-queue-unavailable = No alcanzo mi cuaderno por un momento. No se perdió nada: inténtalo de nuevo en un minuto.
error-storage-full = No me queda sitio para otro cuadro. Inténtalo más tarde; tus imágenes siguen aquí.
error-image-gone = Ya no tengo esa imagen. Envíala otra vez, por favor.
put-aside = Algo que enviaste o tocaste me ha detenido una y otra vez, así que lo he apartado. Prueba con otra cosa, por favor.
error-internal = Algo salió mal de mi lado y ya quedó anotado. Inténtalo de nuevo.
not-a-picture = { $kind ->
        [video] Todavía no sé pintar videos. Envíame una foto, o una captura del mejor momento.
        [animation] Esto se mueve, y yo pinto lo que está quieto. Envíame una foto, o una captura.
        [voice] No tengo oídos, solo ojos. Envíame una foto, o escribe el nombre de un estilo.
        [sticker] Este sticker se mueve. Uno que esté quieto puede ser el estilo; o envíame un cuadro.
       *[other] Solo sé pintar imágenes. Envíame una foto, o una imagen como archivo.
    }

## Palabras alrededor del nombre de un estilo en un mensaje

name-leads = como | estilo | estilo de | al estilo de | en el estilo de | a la manera de | con | por | en
name-fillers = el | la | los | las | un | una | de | por favor | gracias | estilo | en | pinta | píntalo | puedes | mi foto | la foto
name-openings = en
name-refusals = sin

## Títulos de los estilos

style-swirling-night = Noche de remolinos
    .also = Remolinos | Remolino
style-woodblock-waves = Olas xilográficas
    .also = Xilografía | Grabado japonés | Grabado en madera
style-stained-glass = Vidriera
    .also = Vidrieras | Vitral | Vitrales
style-mosaic = Mosaico
    .also = Mosaicos
style-fauve-fields = Campos fauvistas
    .also = Fauvismo | Fauvista
style-copper-etching = Grabado en cobre
    .also = Grabado | Aguafuerte
style-pointillist-garden = Jardín puntillista
    .also = Puntillismo | Puntillista | Puntos
style-watercolour-poppies = Amapolas en acuarela
    .also = Acuarela | Acuarelas
style-ink-mountains = Montañas de tinta
    .also = Tinta | Tinta china | Pintura china
style-golden-tree = Árbol dorado
    .also = Pan de oro | Modernismo | Oro
style-cubist-facets = Facetas cubistas
    .also = Cubismo | Cubista
style-chalk-rooftops = Tejados de tiza
    .also = Tiza | Pastel | Pasteles
style-primary-grid = Cuadrícula primaria
    .also = Cuadrícula | Neoplasticismo
style-starry-night = La noche estrellada
style-cafe-terrace-at-night = Terraza de café por la noche
style-wheat-field-with-cypresses = Campo de trigo con cipreses
style-irises = Lirios
    .also = Los lirios
style-great-wave = La gran ola de Kanagawa
    .also = La gran ola
style-red-fuji = Fuji rojo
    .also = Viento del sur, cielo claro
style-plum-park-in-kameido = Jardín de ciruelos en Kameido
style-impression-sunrise = Impresión, sol naciente
style-water-lilies = Nenúfares
    .also = Los nenúfares
style-woman-with-a-parasol = Mujer con sombrilla
style-la-grande-jatte = Tarde de domingo en la isla de la Grande Jatte
style-the-kiss-klimt = El beso
style-adele-bloch-bauer = Retrato de Adele Bloch-Bauer I
style-girl-with-a-pearl-earring = La joven de la perla
style-rain-steam-and-speed = Lluvia, vapor y velocidad
style-shipwreck-of-the-minotaur = El naufragio del Minotauro
style-mont-sainte-victoire = La montaña Sainte-Victoire
style-large-blue-horses = Los grandes caballos azules
style-four-trees = Cuatro árboles
style-ninth-wave = La novena ola
style-the-scream = El grito
style-composition-vii = Composición VII
style-composition-viii = Composición VIII
style-senecio = Senecio

## Artistas

artist-van-gogh = Vincent van Gogh
artist-hokusai = Katsushika Hokusai
artist-hiroshige = Utagawa Hiroshige
artist-monet = Claude Monet
artist-seurat = Georges Seurat
artist-klimt = Gustav Klimt
artist-vermeer = Johannes Vermeer
artist-turner = J. M. W. Turner
artist-cezanne = Paul Cézanne
artist-marc = Franz Marc
artist-schiele = Egon Schiele
artist-aivazovsky = Iván Aivazovski
artist-munch = Edvard Munch
artist-kandinsky = Vasili Kandinski
artist-klee = Paul Klee
